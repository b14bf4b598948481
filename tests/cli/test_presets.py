"""``--preset``, and the preset that a file names."""

import json

import h5py


def test_the_defaults_are_those_of_the_preset_in_the_file(run, grid_file, tmp_path):
    out = tmp_path / "r.json"
    with h5py.File(grid_file, "a") as file:
        file.attrs["gpuclf_preset"] = "recordings"
    quick = ("--folds", "2", "--repeats", "1", "--json", out, "--backend", "cpu")
    toml = tmp_path / "e.toml"
    toml.write_text('scale = "minmax"\n')

    def experiment(*options):
        status, shown, _ = run("evaluate", grid_file, *quick, *options)
        assert status == 0
        assert ("preset recordings" in shown) == ("thesis" not in options)
        return json.loads(out.read_text())["experiment"]

    assert experiment()["kernel"] == "rbf" and experiment()["statistics"] == ["mean", "std", "max"]
    assert experiment("--config", toml, "--kernel", "linear")["scale"] == "minmax"
    assert experiment("--preset", "thesis")["statistics"] == ["sum"]
