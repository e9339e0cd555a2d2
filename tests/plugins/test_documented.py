"""The example of docs/cluster_howto.md runs as it stands there."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "cluster_howto.md"


def test_a_strangers_workflow_runs_on_both_plugins_as_documented(slurm, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    first, second = example.split("workflow.run(plugin=SLURM")
    ran = {}
    exec(first, ran)
    made = sorted(path.parent.name for path in Path("work/mine").glob("*/result_*.pklz"))
    assert made == ["merge_0", "merge_1", "merge_2"]
    ran["workflow"].base_dir = "elsewhere"
    before = len(slurm.finished())
    exec(f"workflow.run(plugin=SLURM{second}", ran)
    assert [job["JobState"] for job in slurm.finished()[before:]] == ["COMPLETED"] * 3
