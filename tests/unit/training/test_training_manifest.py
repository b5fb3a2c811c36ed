import pytest

from unmask.errors import DatasetError
from unmask.training.manifest import Row, read_manifests
from unmask.training.splits import choose, split_rows

WIDE = "path,kind,label,method,family,person,split,source,commit,source_path,licence,bytes,crop,note\n"


def write(folder, name, text):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def test_manifests_with_different_columns_are_read_as_one(tmp_path):
    narrow = write(tmp_path / "a", "m.csv", "path,kind,label\nx.jpg,image,real\n")
    wide = write(
        tmp_path / "b", "m.csv", WIDE + 'v.mp4,video,fake,Wav2Lip,lip,p1,train,s/r,c,o.mp4,MIT,9,"0.5,0,0.5,1",n\n'
    )
    first, second = read_manifests([narrow, wide])
    assert first.path == tmp_path / "a" / "x.jpg" and first.split == "train" and first.crop is None
    assert second.crop == (0.5, 0, 0.5, 1) and second.method == "Wav2Lip" and second.licence == "MIT"


def test_a_file_named_twice_is_taken_once_and_stays_out_of_training_when_one_says_dev(tmp_path):
    one = write(tmp_path / "a", "m.csv", WIDE + "x.jpg,image,real,,,p,train,s,c,o.jpg,,,,\n")
    two = write(tmp_path / "b", "m.csv", WIDE + "y.jpg,image,real,,,p,dev,s,c,o.jpg,,,,\n")
    (row,) = read_manifests([one, two])
    assert row.path == tmp_path / "a" / "x.jpg" and row.split == "dev"


def test_panels_of_one_file_are_different_rows(tmp_path):
    line = 'x.mp4,video,fake,{},,p,train,s,c,o.mp4,,,"{},0,0.5,1",\n'
    path = write(tmp_path, "m.csv", WIDE + line.format("A", 0) + line.format("B", 0.5))
    assert [row.method for row in read_manifests([path])] == ["A", "B"]


def test_only_the_wanted_kinds_are_kept(tmp_path):
    path = write(tmp_path, "m.csv", "path,kind,label\na.wav,audio,real\nb.jpg,image,real\n")
    assert [row.kind for row in read_manifests([path], kinds=("audio",))] == ["audio"]


@pytest.mark.parametrize(
    "text",
    [
        "path,kind\nx,image\n",
        "path,kind,label\nx,smell,real\n",
        "path,kind,label\nx,image,maybe\n",
        "path,kind,label\n,image,real\n",
        "path,kind,label,split\nx,image,real,test\n",
        'path,kind,label,crop\nx,image,real,"0,0,2,1"\n',
        "path,kind,label,crop\nx,image,real,left\n",
    ],
)
def test_a_wrong_manifest_is_refused(tmp_path, text):
    with pytest.raises(DatasetError):
        read_manifests([write(tmp_path, "m.csv", text)])


def test_a_missing_manifest_is_refused(tmp_path):
    with pytest.raises(DatasetError):
        read_manifests([tmp_path / "none.csv"])


def rows(tmp_path):
    def row(name, **kw):
        return Row(path=tmp_path / name, kind="image", label="fake" if kw.get("method") else "real", **kw)

    return [
        row("0", source="a", person="p1"),
        row("1", source="b", person="p2"),
        row("2", source="a", person="p2"),
        row("3", source="a", person="p3", method="X"),
        row("4", source="a", person="p4", method="Y"),
        row("5", source="a", person="p5", split="dev"),
        row("6", source="a", person="p5"),
        row("7", source="a"),
    ]


def test_no_person_source_or_method_is_on_both_sides(tmp_path):
    parts = split_rows(rows(tmp_path), calibration_sources={"b"}, calibration_methods={"X"})
    names = {
        part: [row.path.name for row in getattr(parts, part)] for part in ("train", "calibration", "dev", "dropped")
    }
    assert names == {"train": ["0", "4", "7"], "calibration": ["1", "3"], "dev": ["5"], "dropped": ["2", "6"]}


def test_a_choice_does_not_depend_on_what_else_is_listed():
    names = [f"n{i}" for i in range(1000)]
    chosen = choose(names, 0.2, 1)
    assert 150 < len(chosen) < 250
    assert choose(names[:500], 0.2, 1) == chosen & set(names[:500])
    assert choose(names, 0.2, 2) != chosen
