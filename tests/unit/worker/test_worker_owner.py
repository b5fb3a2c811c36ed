import os
import socket
import subprocess
import sys

from unmask.worker.owner import is_alive, is_dead, owner_name


def test_this_process_lives_under_every_name_it_takes():
    first, second = owner_name(), owner_name()
    assert first != second
    assert is_alive(first) and is_alive(second) and not is_dead(first)


def test_a_process_that_ended_is_dead_even_when_another_has_its_number():
    script = "from unmask.worker.owner import owner_name; print(owner_name())"
    name = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert is_dead(name) and not is_alive(name)
    host, _, began, part = name.rsplit(":", 3)
    assert is_dead(f"{host}:{os.getpid()}:{began}:{part}")


def test_of_another_machine_nothing_is_known():
    for stranger in ("elsewhere:1:2:3", "", f"{socket.gethostname()}:x:2:3"):
        assert not is_dead(stranger) and not is_alive(stranger)
