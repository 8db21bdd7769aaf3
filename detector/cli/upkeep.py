"""Commands that look after the store: status, doctor."""

from __future__ import annotations

from detector.cli.app import app
from detector.cli.opening import chosen_settings, opened_store, store_target
from detector.cli.options import EncoderOption, JsonOption, NLIOption, SettingsOption, StoreOption
from detector.cli.output import fail_if, print_lines


@app.command()
def status(
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
) -> None:
    """Show what the store holds and what is pending."""
    from detector import doctor, screens

    chosen = chosen_settings(settings, nli_model=nli_model, encoder=encoder)
    with opened_store(store, read_only=True) as opened:
        state = doctor.status_of(opened, settings=chosen)
    print_lines([screens.as_json(state)] if json else screens.status_lines(state))


@app.command(name="doctor")
def check_up(
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
) -> None:
    """Check packages, models and the store.

    The models prove their label order in a self-test. Exits with code 1 when something is wrong, and says what to do.
    """
    from detector import doctor, screens

    chosen = chosen_settings(settings, nli_model=nli_model, encoder=encoder)
    checks = doctor.examine(store_target(store), settings=chosen)
    print_lines([screens.as_json(checks)] if json else screens.check_lines(checks))
    fail_if(not all(check.passed for check in checks))
