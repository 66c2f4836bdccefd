"""The comparison of readers: its table says what was planted, and the gain of what was chosen over one reader."""

from __future__ import annotations

from bench.limits import readers
from bench.limits.samples import Sample, Samples


def test_the_table_has_a_row_for_each_storage_and_kind_that_was_measured() -> None:
    samples = Samples()
    for where, alone, chosen in (("efs, new-sandbox", 4000.0, 800.0), ("oci, first-deploy", 36000.0, 1500.0)):
        for way, fetch in ((readers.ALONE, alone), ("8", 2 * chosen), (readers.CHOSEN, chosen)):
            samples.add(Sample("read fetch", where, way, fetch, "ms"))
            samples.add(Sample("read start", where, way, fetch + 300, "ms"))
    assert list(readers.lines(samples))[2:] == [
        "| EFS | new-sandbox | 4,000 | 1,600 | 800 | 5.0 | 4,300 | 1,100 |",
        "| image | first-deploy | 36,000 | 3,000 | 1,500 | 24.0 | 36,300 | 1,800 |",
    ]
    samples.add(Sample("load", "machine", "before a round", 0.5, ""))
    assert "Made by `the command`, of one run\nin a lab" in "\n".join(readers.document(samples, "the command"))
    assert list(readers.lines(Samples())) == []
