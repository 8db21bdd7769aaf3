"""The encoder and the NLI model: which they are, how they are loaded, how texts become batches.

This package alone imports torch and its friends when articles are read, and only inside functions.
"""

from __future__ import annotations

from detector.models.labels import SELF_TEST as SELF_TEST
from detector.models.labels import label_order as label_order
from detector.models.labels import self_test as self_test
from detector.models.loading import load_encoder as load_encoder
from detector.models.loading import load_nli as load_nli
from detector.models.naming import dtype_of as dtype_of
from detector.models.naming import encoder_id_of as encoder_id_of
from detector.models.naming import scorer_id_of as scorer_id_of
from detector.models.naming import temperature_of as temperature_of
from detector.models.protocols import Encoder as Encoder
from detector.models.protocols import NLIModel as NLIModel
