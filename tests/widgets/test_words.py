"""What is on the screen in words."""

import xai_widgets as xai
from xai_widgets.widgets.words import sentence


def test_words(choices):
    state = choices.first()
    assert sentence(choices, state, None) == "Integrated gradients: why the top class"
    assert sentence(choices, state, 2) == "Integrated gradients: why fox"
    state = choices.changed(state, {"target": "cat", "contrast": "dog", "layer": "1"})
    assert sentence(choices, state, 2) == "Integrated gradients: why cat rather than dog, at layer 1"


def test_words_of_the_open_choices(choices):
    state = choices.changed(choices.first(), {"method": "influence", "quantity": "probability", "target": "fox"})
    assert sentence(choices, state, None) == "Influence (saliency): why the probability of fox"
    state = choices.changed(
        state, {"quantity": "channel", "options": {"multiplier": "activation"}, "channel_layer": "2", "layer": "0"}
    )
    assert sentence(choices, state, 1) == (
        "Influence (input × gradient): why the most influential channel of 2, at layer 0"
    )
    assert sentence(choices, state, 1, 3) == "Influence (input × gradient): why channel 3 of 2, at layer 0"
    state = choices.changed(state, {"options": {"distribution": "line"}, "quantity": xai.Channel("4", 1)})
    assert sentence(choices, state, 1) == "Influence: why unit 1 of 4, at layer 0"
