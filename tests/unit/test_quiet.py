import os

import pytest

from unmask.quiet import quiet_stderr


def test_what_is_written_in_the_block_does_not_appear(capfd):
    with quiet_stderr():
        os.write(2, b"greetings")
    os.write(2, b"a real error")
    assert capfd.readouterr().err == "a real error"


def test_an_exception_passes_and_standard_error_comes_back(capfd):
    with pytest.raises(RuntimeError, match="inside"), quiet_stderr():
        raise RuntimeError("inside")
    os.write(2, b"back")
    assert capfd.readouterr().err == "back"
