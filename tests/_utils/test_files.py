import json
import os
import stat

import pytest
from gpuclf._utils.files import check_output, make_folder, remove_drafts, replacing, write_json
from gpuclf.errors import OutputError


def test_a_complete_file_replaces_the_old_one(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    with replacing(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_a_failure_leaves_only_the_old_file(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as draft:
        draft.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_a_new_file_has_the_default_permissions(tmp_path):
    with replacing(tmp_path / "a") as draft:
        draft.write_text("")
    (tmp_path / "b").write_text("")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"]
    assert modes[0] == modes[1]


def test_check_output_rejects_unwritable_paths(tmp_path):
    with pytest.raises(OutputError, match="got a folder, expected the path of a file"):
        check_output(tmp_path)
    with pytest.raises(OutputError, match="got a folder that does not exist"):
        check_output(tmp_path / "missing" / "out.json")
    locked = tmp_path / "locked.json"
    locked.write_text("{}")
    locked.chmod(0o444)
    with pytest.raises(OutputError, match="got a read-only file"):
        check_output(locked)
    with pytest.raises(OutputError, match="write permission in /sys"):
        check_output("/sys/out.json")
    assert sorted(os.listdir(tmp_path)) == ["locked.json"]


def test_a_full_disk_is_an_error_of_one_line(tmp_path):
    with pytest.raises(OutputError, match="got a full disk"), replacing(tmp_path / "out"):
        raise OSError(28, "No space left on device")
    assert os.listdir(tmp_path) == []


def test_nan_is_not_written_to_json(tmp_path):
    write_json(tmp_path / "a.json", {"x": 1.5})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": 1.5}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", {"x": float("nan")})
    assert os.listdir(tmp_path) == ["a.json"]


def test_make_folder_creates_parents_and_does_not_replace_a_file(tmp_path):
    assert make_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="expected a writable folder"):
        make_folder(tmp_path / "file")


def test_devices_pipes_and_inputs_are_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/null", "/dev/stdout", "/proc/self/fd/1"):
        with pytest.raises(OutputError, match="got a device or a stream, expected the path of a"):
            check_output(path)
    with pytest.raises(OutputError, match="-: got standard output"):
        check_output("-")
    (tmp_path / "in").write_text("")
    with pytest.raises(OutputError, match="got the path of an input"):
        check_output(tmp_path / "in", inputs=[None, tmp_path / "missing", tmp_path / "in"])


def test_a_name_too_long_for_the_system_is_an_error_of_one_line(tmp_path):
    with pytest.raises(OutputError, match="got a name that is too long"):
        check_output(tmp_path / ("x" * 300))


def test_a_link_is_followed_and_kept(tmp_path):
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    with replacing(tmp_path / "link") as draft:
        draft.write_text("new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "new"


def test_insufficient_disk_space_is_an_error_before_writing(tmp_path):
    with replacing(tmp_path / "f", nbytes=1000):
        pass
    message = "bytes of free disk space, expected 1,000,000,000,000,"
    with pytest.raises(OutputError, match=message), replacing(tmp_path / "g", nbytes=10**24):
        pass
    assert os.listdir(tmp_path) == ["f"]


def test_remove_drafts_deletes_only_the_drafts_of_the_file(tmp_path):
    others = [".r.json.a1.partial", ".r.a1.partialx", "r.a1.partial", ".rr.a1.partial", "r"]
    for name in (".r.abc_12.partial", *others):
        (tmp_path / name).touch()
    remove_drafts(tmp_path / "r")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)
