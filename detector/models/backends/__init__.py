"""Other runtimes for the NLI model than torch: ONNX Runtime and OpenVINO, both optional; which of them, by measurement."""

from __future__ import annotations

from detector.models.backends.choosing import Variant as Variant
from detector.models.backends.choosing import explanation_of as explanation_of
from detector.models.backends.choosing import variant_of as variant_of
from detector.models.backends.sessions import open_graph as open_graph
