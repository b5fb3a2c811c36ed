import csv
import json

import pytest

from unmask.errors import DatasetError
from unmask.evaluation.layouts import LAYOUTS, read_layout
from unmask.evaluation.truth import truth


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"media")


def by_name(rows):
    return {row.path.name: row for row in rows}


@pytest.fixture
def face_forensics(tmp_path):
    put(
        tmp_path,
        "original_sequences/youtube/c23/videos/035.mp4",
        "original_sequences/youtube/c23/videos/036.mp4",
        "original_sequences/youtube/c40/videos/035.mp4",
        "original_sequences/youtube/c23/videos/900.mp4",
        "manipulated_sequences/Deepfakes/c23/videos/035_036.mp4",
        "manipulated_sequences/NeuralTextures/c23/videos/036_035.mp4",
        "manipulated_sequences/Deepfakes/c23/masks/035_036.mp4",
    )
    return tmp_path


def test_face_forensics_keeps_both_sides_of_a_swap_together(face_forensics):
    rows = read_layout("ff++", face_forensics)
    assert len(rows) == 6
    fake = by_name(rows)["035_036.mp4"]
    assert (fake.label, fake.method, fake.kind, fake.split) == ("fake", "Deepfakes", "video", "dev")
    pair = {row.path.name for row in rows if row.person == fake.person}
    assert pair == {"035.mp4", "036.mp4", "035_036.mp4", "036_035.mp4"}
    assert by_name(rows)["900.mp4"].person != fake.person
    assert truth(fake).face is True and truth(fake).voice is None


def test_face_forensics_tells_compressions_apart_and_follows_the_official_split(face_forensics):
    (face_forensics / "test.json").write_text('[["035", "036"]]')
    rows = read_layout("ff++", face_forensics)
    assert {row.source for row in rows if row.path.name == "035.mp4"} == {
        "FaceForensics++ c23 youtube",
        "FaceForensics++ c40 youtube",
    }
    assert {row.path.name for row in rows if row.split == "train"} == {"900.mp4"}


def test_celeb_df_tests_on_the_listed_videos(tmp_path):
    put(tmp_path, "Celeb-real/id0_0000.mp4", "Celeb-synthesis/id0_id16_0000.mp4", "YouTube-real/00170.mp4")
    (tmp_path / "List_of_testing_videos.txt").write_text(
        "1 YouTube-real/00170.mp4\n0 Celeb-synthesis/id0_id16_0000.mp4\n"
    )
    rows = by_name(read_layout("celeb-df", tmp_path))
    assert {name for name, row in rows.items() if row.split == "dev"} == {"00170.mp4", "id0_id16_0000.mp4"}
    assert rows["id0_0000.mp4"].person == rows["id0_id16_0000.mp4"].person == "celeb-df:id0"
    assert [rows[n].label for n in ("id0_0000.mp4", "id0_id16_0000.mp4", "00170.mp4")] == ["real", "fake", "real"]


def test_dfdc_groups_a_fake_with_its_original_and_skips_what_is_not_there(tmp_path):
    put(tmp_path, "part_0/a.mp4", "part_0/b.mp4")
    entries = {
        "a.mp4": {"label": "FAKE", "split": "train", "original": "b.mp4"},
        "b.mp4": {"label": "REAL", "split": "train", "original": None},
        "gone.mp4": {"label": "REAL", "split": "train"},
    }
    (tmp_path / "part_0" / "metadata.json").write_text(json.dumps(entries))
    rows = by_name(read_layout("dfdc", tmp_path))
    assert set(rows) == {"a.mp4", "b.mp4"}
    assert rows["a.mp4"].person == rows["b.mp4"].person
    assert rows["a.mp4"].label == "fake" and truth(rows["a.mp4"]).voice is None


FAKE_AV = [
    ("real", "RealVideo-RealAudio", "r.mp4"),
    ("rtvc", "RealVideo-FakeAudio", "v.mp4"),
    ("faceswap", "FakeVideo-RealAudio", "f.mp4"),
    ("faceswap-wav2lip", "FakeVideo-FakeAudio", "b.mp4"),
]


@pytest.mark.parametrize("stated", [True, False])
def test_fake_av_celeb_knows_face_and_voice_apart(tmp_path, stated):
    with (tmp_path / "meta_data.csv").open("w", newline="") as sink:
        table = csv.writer(sink)
        table.writerow(
            [*["source", "target1", "target2", "method", "category", "type", "race", "gender", "path"], *[""] * stated]
        )
        for method, kind, name in FAKE_AV:
            place = f"{kind}/African/men/id00076"
            put(tmp_path, f"{place}/{name}")
            line = ["id00076", "-", "-", method, "A", kind, "African", "men", name]
            table.writerow([*line, *[f"FakeAVCeleb/{place}"] * stated])
    rows = by_name(read_layout("fakeavceleb", tmp_path))
    found = {name: (truth(r).face, truth(r).voice, truth(r).whole) for name, r in rows.items()}
    assert found == {
        "r.mp4": (False, False, False),
        "v.mp4": (False, True, True),
        "f.mp4": (True, False, True),
        "b.mp4": (True, True, True),
    }
    assert rows["v.mp4"].method == "rtvc" and rows["r.mp4"].method == ""
    assert {row.person for row in rows.values()} == {"fakeavceleb:id00076"}


def test_fake_av_celeb_does_not_follow_names_out_of_its_folder(tmp_path):
    put(tmp_path, "secret/x.mp4")
    inner = tmp_path / "inner"
    inner.mkdir()
    text = "source,target1,target2,method,category,type,race,gender,path,\n"
    (inner / "meta_data.csv").write_text(text + "id1,-,-,real,A,RealVideo-RealAudio,x,men,x.mp4,../secret\n")
    with pytest.raises(DatasetError, match="holds no file"):
        read_layout("fakeavceleb", inner)


def test_av_deepfake1m_has_its_altered_stretches(tmp_path):
    put(tmp_path, "val/id1/u/1/real.mp4", "val/id1/u/1/fake_audio.mp4", "train/id2/u/1/both.mp4")
    entries = [
        {"file": "id1/u/1/real.mp4", "original": None, "split": "val", "modify_type": "real", "fake_segments": []},
        {
            "file": "id1/u/1/fake_audio.mp4",
            "original": "id1/u/1/real.mp4",
            "split": "val",
            "modify_type": "audio_modified",
            "fake_segments": [[2.5, 3.1], [0.4, 0.9]],
        },
        {"file": "../../etc.mp4", "split": "val", "modify_type": "real", "fake_segments": []},
    ]
    (tmp_path / "val_metadata.json").write_text(json.dumps(entries))
    both = {"file": "id2/u/1/both.mp4", "modify_type": "both_modified", "fake_segments": [[1, 2]]}
    (tmp_path / "train_metadata.json").write_text(json.dumps([both]))
    rows = by_name(read_layout("av-deepfake1m", tmp_path))
    assert set(rows) == {"real.mp4", "fake_audio.mp4", "both.mp4"}
    spoken = truth(rows["fake_audio.mp4"])
    assert (spoken.face, spoken.voice) == (False, True)
    assert spoken.stretches("voice") == ((0.4, 0.9), (2.5, 3.1)) and spoken.stretches("face") == ()
    assert rows["fake_audio.mp4"].person == rows["real.mp4"].person
    assert (rows["both.mp4"].split, rows["real.mp4"].split) == ("train", "dev")


def test_asvspoof_2019_and_2021_are_read_from_their_protocols(tmp_path):
    put(
        tmp_path,
        "LA/ASVspoof2019_LA_eval/flac/LA_E_1.flac",
        "LA/ASVspoof2019_LA_eval/flac/LA_E_2.flac",
        "LA/ASVspoof2019_LA_train/flac/LA_T_3.flac",
        "ASVspoof2021_LA_eval/flac/LA_E_9.flac",
    )
    protocols = tmp_path / "LA/ASVspoof2019_LA_cm_protocols"
    protocols.mkdir()
    (protocols / "ASVspoof2019.LA.cm.eval.trl.txt").write_text(
        "LA_0039 LA_E_1 - A11 spoof\nLA_0014 LA_E_2 - - bonafide\nLA_0014 LA_E_77 - - bonafide\n"
    )
    (protocols / "ASVspoof2019.LA.cm.train.trn.txt").write_text("LA_0079 LA_T_3 - - bonafide\n")
    keys = tmp_path / "keys/LA/CM"
    keys.mkdir(parents=True)
    (keys / "trial_metadata.txt").write_text("LA_0009 LA_E_9 alaw ita_tx A07 spoof notrim eval\n")
    rows = by_name(read_layout("asvspoof", tmp_path))
    assert set(rows) == {"LA_E_1.flac", "LA_E_2.flac", "LA_T_3.flac", "LA_E_9.flac"}
    assert (rows["LA_E_1.flac"].label, rows["LA_E_1.flac"].method) == ("fake", "ASVspoof A11")
    assert rows["LA_E_2.flac"].label == "real" and rows["LA_E_2.flac"].method == ""
    assert rows["LA_T_3.flac"].split == "train" and rows["LA_E_9.flac"].split == "dev"
    assert rows["LA_E_9.flac"].source == "ASVspoof 2021 LA alaw" and rows["LA_E_9.flac"].method == "ASVspoof A07"
    assert truth(rows["LA_E_9.flac"]).voice is True and truth(rows["LA_E_9.flac"]).face is None


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_folder_of_something_else_is_refused(tmp_path, name):
    put(tmp_path, "holiday.mp4")
    with pytest.raises(DatasetError):
        read_layout(name, tmp_path)


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"a.mp4": {}}', '{"a.mp4": 3}'])
def test_a_damaged_list_is_refused_with_words(tmp_path, text):
    put(tmp_path, "a.mp4")
    (tmp_path / "metadata.json").write_text(text)
    with pytest.raises(DatasetError, match="can't be read as dfdc"):
        read_layout("dfdc", tmp_path)


def test_an_unknown_layout_or_folder_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="none of"):
        read_layout("imagenet", tmp_path)
    with pytest.raises(DatasetError, match="not a folder"):
        read_layout("dfdc", tmp_path / "gone")
