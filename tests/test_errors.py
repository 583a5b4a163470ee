from xai_widgets.errors import InputError, message_of


def test_an_error_is_a_sentence_for_the_screen():
    assert message_of(InputError("Say it.")) == "Say it."
    assert message_of(RuntimeError("it rains")) == "The model raised RuntimeError: it rains"
    assert message_of(RuntimeError()) == "The model raised RuntimeError: no message"
    assert len(message_of(RuntimeError("x" * 5000))) == 600
