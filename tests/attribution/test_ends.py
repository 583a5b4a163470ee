"""The words at the ends of the colour scale."""

import pytest

import xai_widgets as xai
from xai_widgets.models.inputs.picture import Picture
from xai_widgets.models.inputs.signal import Signal
from xai_widgets.models.inputs.table import Table


@pytest.mark.parametrize(
    ("method", "picture", "table", "signal", "layer"),
    [
        (xai.Saliency(), "brighter raises", "more raises", "higher raises", "stronger raises"),
        (xai.GuidedBackpropagation(), "brighter raises", "more raises", "higher raises", "stronger raises"),
        (xai.PertinentPositive(), "kept, brighter", "kept, above", "kept, higher", "kept, brighter"),
        (xai.InputXGradient(), "for", "for", "for", "for"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_columns_of_a_table_and_units_of_a_layer_are_not_bright(method, picture, table, signal, layer):
    assert method.ends_at(None)[1] == method.ends_at(None, Picture.terms)[1] == picture
    assert method.ends_at(None, Table.terms)[1] == table
    assert method.ends_at(None, Signal.terms)[1] == signal
    assert method.ends_at("conv1")[1] == method.ends_at("conv1", Table.terms)[1] == layer


def test_what_is_deleted_has_a_scale_of_one_side():
    assert xai.MeaningfulPerturbation().ends == ("", "deleted")
    assert xai.SmoothGradSquared().ends[0] == xai.VarGrad().ends[0] == ""
