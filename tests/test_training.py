from __future__ import annotations

import gzip
import hashlib
import io
import json
import math
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from detector.errors import InputError, MissingExtraError, ModelError, SettingsError
from detector.models.compact import pack, unpack
from detector.records import NLI_LABELS
from detector.training import fit as fitting
from detector.training import teacher as teaching
from detector.training.__main__ import plan_cycles
from detector.training.batches import TARGETS, Encoded, pad, plan_batches, within_label
from detector.training.calibration import is_fitted_on
from detector.training.card import Parameters, Run, model_card
from detector.training.fit import Stage, fit, pair_loss, rate_at
from detector.training.mix import (
    NOT_CONTRADICTION,
    UNLABELLED,
    Mix,
    Pair,
    Shown,
    Source,
    dev_files,
    draw,
    fingerprint,
    pack_pairs,
    pair_key,
    presentations,
    read_files,
    read_mix,
    read_pairs,
    read_rows,
    siblings,
    without_dev,
)
from detector.training.model import cut_to_first_layers, finished_model

ALONE = torch.full((1, 3), math.nan)  # no teacher has judged the pair
SHIPPED_MIX = Path(fitting.__file__).with_name("mix.toml")
NEWS = SHIPPED_MIX.with_name("news")


PACK = {
    "event": "bridge",
    "background": ["It rained."],
    "questions": [
        {
            "question": "Is it open?",
            "sides": [{"statements": ["open one", "open two"]}, {"statements": ["shut one", "shut two"]}],
            "near": ["It opened in 1990."],
        },
        {
            "question": "Who paid?",
            "sides": [{"statements": ["town one"]}, {"statements": ["state one"]}],
            "near": ["It cost much."],
        },
    ],
}


def write_rows(path: Path, pairs: list[Pair]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(pair._asdict()) + "\n" for pair in pairs)


def numbered(name: str, count: int) -> list[Pair]:
    return [Pair(f"{name} {i} opened", f"{name} {i} closed", NLI_LABELS[i % 3]) for i in range(count)]


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Mix]:
    """A data directory with a large capped file and a small whole one, and the settings for it."""
    write_rows(tmp_path / "train" / "large.jsonl.gz", numbered("bridge", 50))
    write_rows(tmp_path / "train" / "whole.jsonl.gz", numbered("school", 7))
    write_rows(tmp_path / "dev" / "held.jsonl.gz", [Pair("SCHOOL 3  closed", "School 3 opened", "neutral")])
    write_rows(tmp_path / "news" / "train.jsonl.gz", numbered("talks", 6))
    write_rows(
        tmp_path / "news" / "stories.jsonl.gz",
        [Pair("a signed", "b did not", "not_contradiction"), Pair("a signed", "b denied", "contradiction")],
    )
    with gzip.open(tmp_path / "news" / "packs.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.write(json.dumps(PACK) + "\n")
    shipped = read_mix(SHIPPED_MIX)
    return tmp_path, replace(
        shipped,
        sources=(Source("large", "CC0", "test"), Source("whole", "CC0", "test")),
        learner=replace(shipped.learner, rows={"large": 3}, labelled={"large": 2}, siblings={"whole": 2}, stories=1),
        teacher=replace(shipped.teacher, news=("train",), rows={"large": 5}),
        further=replace(shipped.further, news={"train": 4}, stories=1, rows={"large": 2}),
        again=replace(shipped.again, news={"train": 2}, packs={"packs": 1}, stories=0, rows={"large": 1}, read=1),
    )


def shown_of(data: Path, mix: Mix) -> Shown:
    return presentations(data, mix, written=data / "news")


def test_draw_goes_round_when_the_file_is_used_up() -> None:
    rows = numbered("road", 5)
    assert draw(rows, cap=3, turn=1) == [rows[3], rows[4], rows[0]]


def test_same_seed_gives_the_same_presentations_and_another_seed_does_not(small: tuple[Path, Mix]) -> None:
    data, mix = small
    shown = shown_of(data, mix)
    assert shown_of(data, mix) == shown
    assert fingerprint(mix, shown_of(data, mix)) == fingerprint(mix, shown)
    other = shown_of(data, replace(mix, seed=mix.seed + 1))
    assert other.teacher != shown.teacher


def test_each_model_draws_its_own_number_of_rows_of_a_file(small: tuple[Path, Mix]) -> None:
    data, mix = small
    shown = shown_of(data, mix)
    drawn = [sum(pair.premise.startswith("bridge") for pair in pairs) for pairs in (shown.teacher, shown.labelled)]
    assert drawn == [5, 2]
    assert sum(pair.premise.startswith("bridge") and pair.label != UNLABELLED for pair in shown.judged) == 3


def test_written_pairs_are_shown_in_both_directions_and_a_turned_entailment_is_left_to_the_teacher(
    small: tuple[Path, Mix],
) -> None:
    data, mix = small
    shown = shown_of(data, mix)
    for pair in read_pairs(data / "news" / "train.jsonl.gz"):
        assert shown.labelled.count(pair) == 1
        turned = Pair(pair.hypothesis, pair.premise, pair.label)
        assert shown.labelled.count(turned) == (pair.label != "entailment")
        assert shown.judged.count(turned._replace(label=UNLABELLED)) == (pair.label == "entailment")
    for premise, hypothesis in (("a signed", "b denied"), ("b denied", "a signed")):
        assert shown.labelled.count(Pair(premise, hypothesis, "contradiction")) == 1
    assert len(shown.labelled) == 6 + 4 + 2 + 2


def test_what_stories_leave_open_and_pairs_of_articles_are_left_to_the_teacher(small: tuple[Path, Mix]) -> None:
    data, mix = small
    write_rows(
        data / "unlabelled" / "a.jsonl.gz", [Pair("c left", "d stayed", UNLABELLED), Pair("e" * 500, "f", UNLABELLED)]
    )
    judged = shown_of(data, mix).judged
    assert judged.count(Pair("a signed", "b did not", "not_contradiction")) == 1
    assert judged[-1] == Pair("c left", "d stayed", UNLABELLED)
    assert not any(pair.premise.startswith("eee") for pair in judged)
    assert len(judged) == 3 + 2 + 2  # rows of the file, two turned entailments, one pair of a story, one of an article


def test_two_sides_of_a_question_contradict_and_one_side_what_is_near_and_other_questions_do_not(
    small: tuple[Path, Mix],
) -> None:
    data, mix = small
    by_label: dict[str, set[frozenset[str]]] = {}
    all_of_them = replace(mix.further, excluding=10, compatible=10)
    for pair in pack_pairs(data / "news", all_of_them, seed=mix.seed):
        by_label.setdefault(pair.label, set()).add(frozenset((pair.premise, pair.hypothesis)))
    across = {frozenset((f"open {a}", f"shut {b}")) for a in ("one", "two") for b in ("one", "two")}
    assert by_label["contradiction"] == {*across, frozenset(("town one", "state one"))}
    compatible = by_label[NOT_CONTRADICTION]
    assert {frozenset(("open one", "open two")), frozenset(("shut one", "It opened in 1990."))} <= compatible
    assert any("town one" in pair and pair & {"open one", "open two", "shut one", "shut two"} for pair in compatible)
    assert set(by_label) == {"contradiction", NOT_CONTRADICTION}


def test_a_question_gives_no_more_pairs_than_the_settings_say(small: tuple[Path, Mix]) -> None:
    data, mix = small
    few = replace(mix.further, excluding=1, compatible=0)
    assert [pair.label for pair in pack_pairs(data / "news", few, seed=mix.seed)] == ["contradiction"] * 2
    one = replace(few, packs={"packs": 1})
    assert len(pack_pairs(data / "news", one, seed=mix.seed)) == 1


def test_pairs_that_readers_judged_are_shown_last_and_only_as_many_as_asked_for(small: tuple[Path, Mix]) -> None:
    data, mix = small
    read = [Pair(f"court {i}", f"judge {i}", NOT_CONTRADICTION) for i in range(3)]
    write_rows(data / "read" / "articles.jsonl.gz", read)
    shown = shown_of(data, mix)
    assert shown.read_pairs == 3
    assert sum(pair in read for pair in shown.again) == 1
    assert not any(pair in read for pair in (*shown.further, *shown.labelled, *shown.judged))
    assert len(shown.again) == 2 + 1 + 1 + 1  # written, of the packs, of the file, read
    assert fingerprint(mix, shown) != fingerprint(mix, replace(shown, again=shown.again[1:]))


def test_the_stages_after_the_teacher_show_labels_alone(small: tuple[Path, Mix]) -> None:
    data, mix = small
    shown = shown_of(data, mix)
    assert len(shown.further) == 4 + 1 + 2 + shown.pack_pairs
    assert UNLABELLED not in {pair.label for pair in (*shown.further, *shown.again)}
    assert fingerprint(mix, shown) != fingerprint(mix, shown, begun="weights")


def test_hypotheses_of_one_premise_meet_without_a_label() -> None:
    group = [Pair("p", hypothesis, label) for hypothesis, label in zip("abc", NLI_LABELS, strict=True)]
    found = siblings([*group, Pair("q", "d", "neutral")], seed="s")
    assert {frozenset((pair.premise, pair.hypothesis)) for pair in found} == {
        frozenset(two) for two in ("ab", "ac", "bc")
    }
    assert {pair.label for pair in found} == {UNLABELLED}


def test_teacher_sees_the_written_files_it_names_and_its_rows_of_the_others(small: tuple[Path, Mix]) -> None:
    data, mix = small
    write_rows(data / "news" / "train-2.jsonl.gz", numbered("later", 3))
    shown = shown_of(data, mix)
    assert len(shown.teacher) == 5 + 6
    assert shown.news_pairs == 9


def test_pair_of_a_development_set_is_dropped_in_both_directions(small: tuple[Path, Mix]) -> None:
    data, mix = small
    shown = shown_of(data, mix)
    assert all("school 3" not in pair.premise for pair in (*shown.teacher, *shown.labelled, *shown.judged))
    assert shown.usable == {"large": 50, "whole": 6}
    pairs = [Pair("A  b", "c", "neutral"), Pair("C", "a B", "neutral"), Pair("a b", "d", "neutral")]
    assert without_dev(pairs, {pair_key("a b", "c")}) == pairs[2:]


def test_long_pairs_are_left_out(small: tuple[Path, Mix]) -> None:
    data, mix = small
    usable = read_files(data, replace(mix, longest=len("school 3 opened" + "school 3 closed")), set())
    assert {name: len(rows) for name, rows in usable.items()} == {"large": 10, "whole": 7}


def test_shipped_news_groups_are_on_one_side_only() -> None:
    train = [row for path in sorted(NEWS.glob("train*.jsonl.gz")) for row in read_rows(path)]
    dev = list(read_rows(NEWS / "dev.jsonl"))
    assert len(train) >= 6030 and len(dev) == 810
    for key in ("group", "premise"):  # a group is the three pairs of one premise; some have no name
        assert not {row.get(key, "") for row in train} & {row[key] for row in dev if key in row}


def test_news_group_is_not_split_between_fitting_and_measuring_a_temperature() -> None:
    sides: dict[str, set[bool]] = {}
    for row in read_rows(NEWS / "dev.jsonl"):
        pair = Pair(row["premise"], row["hypothesis"], row["label"])
        sides.setdefault(row.get("group", row["premise"]), set()).add(is_fitted_on(pair))
    assert len(sides) == 270
    assert all(len(found) == 1 for found in sides.values())
    assert {True, False} == set.union(*sides.values())


def test_development_sets_begin_with_the_shipped_news_pairs(tmp_path: Path) -> None:
    assert dev_files(tmp_path) == {"news": NEWS / "dev.jsonl"}


def test_every_source_names_its_licence_and_one_of_unclear_licence_has_its_reason_in_the_docs() -> None:
    mix = read_mix(SHIPPED_MIX)
    assert all(source.licence for source in mix.sources)
    docs = (Path(__file__).parent.parent / "docs" / "nli.md").read_text(encoding="utf-8")
    reasons = docs[docs.index("## Files of unclear licence") :]
    unclear = [source.file for source in mix.sources if "unclear" in source.licence]
    assert unclear and all(f"`{file}`" in reasons for file in unclear)


def test_file_without_a_source_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mix.toml"
    path.write_text(SHIPPED_MIX.read_text(encoding="utf-8").replace("scone = 1500", "scones = 1500"), encoding="utf-8")
    with pytest.raises(SettingsError, match="rows asked of scones"):
        read_mix(path)


def test_the_card_says_what_was_taken_of_each_file_and_how_large_the_model_is(small: tuple[Path, Mix]) -> None:
    data, mix = small
    shown = shown_of(data, mix)
    stage = Stage("learner-1", random_pairs(4), [[0, 1], [2, 3]], 1e-4, 5)
    calibration = {
        "temperature": 1.2,
        "ece_before": 0.05,
        "ece_after": 0.03,
        "ece_news_before": 0.04,
        "ece_news_after": 0.03,
    }
    figures = {
        "talks": {"rows": 4, "accuracy": 0.75, "macro_f1": 0.7, "contradiction_ap": None, "contradiction_rate": 0}
    }
    run = Run(
        mix,
        shown,
        [stage],
        "abc",
        Parameters(67_000_000, 23_000_000, 59_000_000),
        figures,
        1000,
        calibration,
        "Two nights.",
    )
    card = model_card(run)
    assert "sha256 of `model.safetensors`: `abc`" in card and "Two nights." in card
    assert "67 M\nparameters, 23 M of them word embeddings" in card and "Stored in 59 MB" in card
    assert "| large: test | 50 | 5 | 3 | 2 | 2 | 1 | CC0 |" in card
    assert "- stage `learner-1`: 4 pairs shown in 2 steps" in card


def test_row_known_not_to_contradict_is_told_nothing_of_entailment_against_neutral() -> None:
    even = torch.tensor([[1.0, 1.0, -4.0], [3.0, -1.0, -4.0]])
    lean = torch.tensor([[1.0, 1.0, 4.0], [3.0, -1.0, 4.0]])
    open_class = torch.tensor([-2, -2])
    assert float(pair_loss(even, open_class, ALONE)) < 0.05 < 1.0 < float(pair_loss(lean, open_class, ALONE))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("epochs =", "epoch ="),
        ("layers = 6", "layers = 0"),
        ("epochs = [0.6, 0.2]", "epochs = []"),
        ('file = "snli_subsets"', 'file = "snli_cat18k"'),
        ("seed = 20", ""),
        ("[mix]", "[batch]\ntokens = 4096\n\n[mix]"),
        ("stories = 4000", "stories = -1"),
        ("[further.rows]", "[further.columns]"),
    ],
    ids=["misspelt", "no layers", "no cycles", "listed twice", "missing", "old table", "negative", "no rows"],
)
def test_wrong_setting_is_refused(tmp_path: Path, old: str, new: str) -> None:
    changed = tmp_path / "mix.toml"
    changed.write_text(SHIPPED_MIX.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SettingsError):
        read_mix(changed)


def test_unknown_label_and_missing_file_are_refused(tmp_path: Path) -> None:
    write_rows(tmp_path / "odd.jsonl.gz", [Pair("a", "b", "refuted")])
    with pytest.raises(InputError, match="refuted"):
        read_pairs(tmp_path / "odd.jsonl.gz")
    with pytest.raises(InputError, match="missing"):
        read_pairs(tmp_path / "absent.jsonl.gz")


def test_two_way_row_counts_only_the_probability_of_entailment() -> None:
    logits = torch.log(torch.tensor([[0.7, 0.2, 0.1]]))
    assert pair_loss(logits, torch.tensor([-1]), ALONE).item() == pytest.approx(-math.log(0.3), abs=1e-6)


def test_three_way_row_is_smoothed_cross_entropy() -> None:
    logits = torch.log(torch.tensor([[0.7, 0.2, 0.1]]))
    spread = 0.05 / 3
    expected = -((0.95 + spread) * math.log(0.7) + spread * math.log(0.2) + spread * math.log(0.1))
    assert pair_loss(logits, torch.tensor([0]), ALONE).item() == pytest.approx(expected, abs=1e-6)
    both = pair_loss(logits.repeat(2, 1), torch.tensor([0, -1]), ALONE).item()
    assert both == pytest.approx((expected - math.log(0.3)) / 2, abs=1e-6)


def test_pair_that_only_the_teacher_labels_is_learnt_from_its_probabilities_alone() -> None:
    logits = torch.log(torch.tensor([[0.7, 0.2, 0.1]]))
    judged = torch.tensor([[0.5, 0.25, 0.25]])
    expected = -(0.5 * math.log(0.7) + 0.25 * math.log(0.2) + 0.25 * math.log(0.1))
    assert pair_loss(logits, torch.tensor([-3]), judged).item() == pytest.approx(expected, abs=1e-6)
    labelled = pair_loss(logits, torch.tensor([-1]), ALONE).item()
    both = pair_loss(logits, torch.tensor([-1]), judged).item()
    assert both == pytest.approx(fitting.TEACHER_SHARE * expected + (1 - fitting.TEACHER_SHARE) * labelled, abs=1e-6)


def write_parts(root: Path, weights: bytes, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two importable packages that hold the halves of an archive with a teacher's files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        for name in teaching.FILES:
            made.writestr(f"some-model/{name}", weights if name == "model.safetensors" else b"{}")
        made.writestr("../outside.txt", b"never written")
    whole = archive.getvalue()
    names = []
    for place, half in enumerate((whole[:100], whole[100:]), start=1):
        package = root / f"teacher-part_{place}"
        (package / "input").mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "input" / f"some-model.zip.00{place}").write_bytes(half)
        names.append(package.name)
    monkeypatch.syspath_prepend(str(root))
    return names


def test_teacher_is_joined_from_its_packages_and_another_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = write_parts(tmp_path / "site", b"weights", monkeypatch)
    digest = hashlib.sha256(b"weights").hexdigest()
    stage = replace(read_mix(SHIPPED_MIX).teacher, packages=tuple(names), sha256=digest)
    base = teaching.unpack_base(stage, tmp_path / "out")
    assert sorted(path.name for path in base.iterdir()) == sorted(teaching.FILES)
    assert not (tmp_path / "outside.txt").exists()
    with pytest.raises(ModelError, match="install the pinned packages"):
        teaching.unpack_base(replace(stage, sha256="0" * 64), tmp_path / "out")
    with pytest.raises(MissingExtraError, match="no_such_part"):
        teaching.unpack_base(replace(stage, packages=("no_such_part",)), tmp_path / "elsewhere")


def test_judging_goes_on_where_it_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"bridge": 5, "opened": 6, "closed": 7}, unk_token="closed"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    pairs = numbered("bridge", 5)
    monkeypatch.setattr(teaching, "JUDGED_AT_ONCE", 2)
    whole = teaching.judge(tiny_model(), pairs, tokenizer, max_length=16, saved=tmp_path / "whole.npy")
    assert whole.shape == (5, 3) and whole.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    np.save(tmp_path / "cut.npy", whole[:2])
    resumed = teaching.judge(tiny_model(), pairs, tokenizer, max_length=16, saved=tmp_path / "cut.npy")
    assert resumed == pytest.approx(whole, abs=0.02)


def test_learning_rate_rises_then_falls_to_zero() -> None:
    rates = [rate_at(step, total=10, peak=1.0, warmup=4) for step in range(11)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[10] == 0.0


def random_pairs(count: int, *, seed: int = 0) -> list[Encoded]:
    numbers = np.random.default_rng(seed)
    return [
        Encoded(numbers.integers(1, 50, size=size).astype(np.uint16), size // 2, int(numbers.integers(-1, 3)))
        for size in numbers.integers(4, 20, size=count)
    ]


def test_batches_hold_every_pair_once_within_the_token_limit() -> None:
    encoded = random_pairs(300)
    batches = plan_batches(encoded, tokens=64, seed="s")
    assert sorted(place for batch in batches for place in batch) == list(range(300))
    assert max(pad([encoded[place] for place in batch]).ids.size for batch in batches) <= 64
    assert plan_batches(encoded, tokens=64, seed="s") == batches


def test_padding_is_masked_and_the_hypothesis_is_the_second_segment() -> None:
    short, long = Encoded(np.array([5, 6, 7], np.uint16), 2, 0), Encoded(np.array([5, 6, 7, 8, 9], np.uint16), 1, -1)
    batch = pad([short, long])
    assert batch.ids.tolist() == [[5, 6, 7, 0, 0], [5, 6, 7, 8, 9]]
    assert batch.segments.tolist() == [[0, 0, 1, 0, 0], [0, 1, 1, 1, 1]]
    assert batch.mask.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]


def tiny_model() -> Any:
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(1)
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=50,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            num_labels=3,
            hidden_dropout_prob=0.1,  # dropout draws random numbers: resuming must restore their state too
        )
    ).train()


def tiny_stages() -> list[Stage]:
    stages = []
    for name, seed in (("first", 2), ("second", 3)):
        encoded = random_pairs(40, seed=seed)
        batches = plan_batches(encoded, tokens=128, seed=name)
        stages.append(Stage(name, encoded, batches, 1e-3, 2))
    return stages


@pytest.mark.parametrize("killed_at", [3, 7])
def test_killed_run_resumes_to_the_weights_of_an_uninterrupted_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    stages = tiny_stages()
    assert len(stages[0].batches) < 7 < sum(len(stage.batches) for stage in stages)
    whole = tiny_model()
    torch.manual_seed(5)
    fit(whole, stages, checkpoint=tmp_path / "whole.pt", fingerprint="f", save_every=1e9)

    steps = 0
    plain = fitting.train_step

    def dying(*given: Any, **named: Any) -> float:
        nonlocal steps
        steps += 1
        if steps == killed_at:
            raise KeyboardInterrupt
        return plain(*given, **named)

    monkeypatch.setattr(fitting, "train_step", dying)
    cut = tiny_model()
    torch.manual_seed(5)
    with pytest.raises(KeyboardInterrupt):
        fit(cut, stages, checkpoint=tmp_path / "cut.pt", fingerprint="f", save_every=0.0)
    resumed = tiny_model()
    torch.manual_seed(99)
    fit(resumed, stages, checkpoint=tmp_path / "cut.pt", fingerprint="f", save_every=0.0)
    for name, expected in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], expected), name


def test_a_cycle_goes_on_in_the_rows_where_the_last_one_stopped() -> None:
    mix = read_mix(SHIPPED_MIX)
    encoded = random_pairs(200)
    once = replace(mix.learner, epochs=(0.6, 0.4), tokens=64)
    first, second = plan_cycles("learner", encoded, once, mix, epochs=once.epochs)
    assert (first.name, second.name) == ("learner-1", "learner-2")
    assert sorted(place for batch in (*first.batches, *second.batches) for place in batch) == list(range(200))
    [again] = plan_cycles("learner", encoded, once, mix, epochs=(1.5,))
    assert len(again.batches) == pytest.approx(1.5 * (len(first.batches) + len(second.batches)), rel=0.02)


def tiny_mpnet(layers: int) -> Any:
    from transformers import MPNetConfig, MPNetForSequenceClassification

    torch.manual_seed(3)
    return MPNetForSequenceClassification(
        MPNetConfig(
            vocab_size=60,
            hidden_size=64,
            num_hidden_layers=layers,
            num_attention_heads=4,
            intermediate_size=128,
            num_labels=3,
            max_position_embeddings=40,
        )
    ).eval()


def test_the_learner_begins_as_the_lower_layers_of_the_teacher_with_words_as_they_are_shipped() -> None:
    whole, cut = tiny_mpnet(4), tiny_mpnet(4)
    cut_to_first_layers(cut, 2)
    kept = cut.state_dict()
    assert cut.config.num_hidden_layers == len(cut.base_model.encoder.layer) == 2
    rounded = [name for name, tensor in kept.items() if not torch.equal(tensor, whole.state_dict()[name])]
    assert rounded == ["mpnet.embeddings.word_embeddings.weight"]
    words = kept[rounded[0]]
    torch.testing.assert_close(unpack(pack({rounded[0]: words}))[rounded[0]].float(), words, rtol=0.01, atol=5e-4)


def test_a_finished_model_is_taught_from_its_own_weights_and_one_of_other_labels_is_refused(tmp_path: Path) -> None:
    made = tiny_mpnet(2)
    made.config.id2label = dict(enumerate(NLI_LABELS))
    made.save_pretrained(tmp_path / "made")
    (tmp_path / "made" / "tokenizer.json").touch()
    learner = finished_model(tmp_path / "made")
    assert learner.training and not learner.base_model.embeddings.word_embeddings.weight.requires_grad
    assert {one.p for one in learner.modules() if isinstance(one, torch.nn.Dropout)} == {0.0}
    kept = made.state_dict()
    assert all(torch.equal(weight, kept[name]) for name, weight in learner.state_dict().items())
    made.config.id2label = dict(enumerate(reversed(NLI_LABELS)))
    made.save_pretrained(tmp_path / "turned")
    (tmp_path / "turned" / "tokenizer.json").touch()
    with pytest.raises(ModelError, match="expected"):
        finished_model(tmp_path / "turned")
    with pytest.raises(ModelError, match=r"has no config\.json"):
        finished_model(tmp_path / "absent")


def test_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    stages = tiny_stages()[:1]
    fit(tiny_model(), stages, checkpoint=tmp_path / "c.pt", fingerprint="one", save_every=1e9)
    with pytest.raises(InputError, match="another output directory"):
        fit(tiny_model(), stages, checkpoint=tmp_path / "c.pt", fingerprint="two", save_every=1e9)


def test_what_a_label_excludes_is_taken_out_of_the_teachers_word() -> None:
    sure_of_a_conflict = np.array([0.1, 0.1, 0.8], dtype=np.float32)
    entailment, neutral, contradiction = within_label(sure_of_a_conflict, TARGETS[NOT_CONTRADICTION])
    assert (
        contradiction < 0.2
        and entailment == pytest.approx(neutral)
        and entailment + neutral + contradiction == pytest.approx(1)
    )
    assert within_label(sure_of_a_conflict, TARGETS["neutral"]) == pytest.approx((0.1, 0.1, 0.8))
