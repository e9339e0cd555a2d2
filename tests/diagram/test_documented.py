"""The example of docs/graph_howto.md runs as it stands there."""

import importlib.util
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "graph_howto.md"


def test_a_strangers_workflow_is_drawn_and_its_run_is_shown_as_documented(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    Path("example.py").write_text(example)
    spec = importlib.util.spec_from_file_location("example", "example.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert Path("mine.svg").read_text().startswith("<svg")
    assert '"run":null' in Path("mine.html").read_text()
    for page in ("run.html", "after.html"):
        assert Path(page).read_text().count('"state":"done"') == 2
