"""Caches are stored in a writable folder, also if HOME or the installation is read-only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from gpuclf._utils.cache_folders import (
    LIBRARIES,
    is_writable,
    own_caches,
    temporary_caches,
    use_writable_caches,
)

HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", *LIBRARIES)


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    """Each test has its own temporary folder and decides about the caches anew."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for variable in HOMES:
        monkeypatch.delenv(variable, raising=False)
    for function in (temporary_caches, use_writable_caches):
        function.cache_clear()
    yield
    for function in (temporary_caches, use_writable_caches):
        function.cache_clear()


def unusable_homes(tmp_path):
    (tmp_path / "file").touch()
    yield from (tmp_path / "file", "/proc/none", "/sys/none", "/dev/null")


def test_a_writable_home_is_used_unchanged(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    use_writable_caches()
    assert not set(LIBRARIES) & set(os.environ)
    assert tmp_path in own_caches().parents and temporary_caches() not in own_caches().parents


@pytest.mark.skipif(not Path("/proc").exists(), reason="there is no /proc")
def test_caches_of_a_home_that_is_not_writable_are_temporary(monkeypatch, tmp_path):
    for home in unusable_homes(tmp_path):
        use_writable_caches.cache_clear()
        for variable in HOMES:
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("HOME", str(home))
        use_writable_caches()
        folder = temporary_caches()
        assert folder.parent == tmp_path and own_caches() == folder
        for variable, (name, _) in LIBRARIES.items():
            assert os.environ[variable] == str(folder / name)


def test_a_usable_folder_of_the_user_is_kept_and_an_unusable_one_replaced(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "mine"))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "file" / "mine"))
    use_writable_caches()
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "mine")
    assert os.environ["MPLCONFIGDIR"] == str(temporary_caches() / "matplotlib")


def test_a_user_without_a_home_gets_no_folder_named_by_a_tilde(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert not is_writable("~/.cache/gpuclf")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_not_writable(monkeypatch, tmp_path):
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr("tempfile.TemporaryFile", lambda dir: full)
        assert not is_writable(tmp_path)


def test_the_temporary_folder_is_kept_for_later_processes_and_private(tmp_path):
    folder = temporary_caches()
    temporary_caches.cache_clear()
    assert temporary_caches() == folder and folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="folders of Windows have no such mode")
@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_temporary_folder_that_others_can_change_is_not_used(tmp_path, mode):
    squatted = tmp_path / f"gpuclf-cache-{os.getuid()}"
    squatted.mkdir()
    squatted.chmod(mode)
    folder = temporary_caches()
    assert folder.parent == tmp_path and folder != squatted


def test_a_symbolic_link_is_not_used_as_temporary_folder(tmp_path):
    (tmp_path / "theirs").mkdir(mode=0o700)
    (tmp_path / f"gpuclf-cache-{os.getuid()}").symlink_to("theirs")
    assert temporary_caches().name not in ("theirs", f"gpuclf-cache-{os.getuid()}")


def test_no_writable_folder_at_all_is_not_an_error(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    use_writable_caches()
    assert temporary_caches() is None and not set(LIBRARIES) & set(os.environ)
    assert own_caches().is_relative_to(tmp_path / "file")


READ_ONLY = """
import sys
from gpuclf.audio.decoding import check_audio
check_audio()
import librosa, matplotlib, numba
librosa.note_to_hz("C2")
from gpuclf._utils.jit import compiled
from gpuclf.plot.style import check_matplotlib
check_matplotlib()
print(numba.config.CACHE_DIR, matplotlib.get_configdir())
"""


def test_libraries_work_with_a_read_only_home_and_installation(tmp_path):
    (tmp_path / "home").touch()
    environment = {name: value for name, value in os.environ.items() if name not in HOMES} | {
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path),
        # Of Numba's folders, not that of the installation, which root can always write.
        "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator,UserWideCacheLocator",
    }
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    folder = tmp_path / f"gpuclf-cache-{os.getuid()}"
    assert done.stdout.split() == [str(folder / "numba"), str(folder / "matplotlib")]
