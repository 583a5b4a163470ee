from xai_widgets.errors import InputError, message_of


def raised(error):
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001
        return caught


def test_an_error_is_a_sentence_for_the_screen():
    assert message_of(InputError("Say it.")) == "Say it."
    assert message_of(RuntimeError("it rains")) == "RuntimeError: it rains"
    assert message_of(RuntimeError()) == "RuntimeError: no message"
    assert len(message_of(RuntimeError("x" * 5000))) == 600


def test_an_error_that_is_not_ours_says_where_it_arose():
    assert message_of(raised(InputError("Say it."))) == "Say it."
    assert message_of(raised(KeyboardInterrupt())) == "KeyboardInterrupt: no message (test_errors.py, line 6)"
