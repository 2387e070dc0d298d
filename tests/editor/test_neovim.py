"""The language server in a real Neovim, where there is one (0.7 or newer): findings, a quick fix, hover, definition."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pygls")
NVIM = shutil.which("nvim")
pytestmark = pytest.mark.skipif(NVIM is None, reason="no Neovim here")

SCRIPT = """
local said, seen = {}, false
local client = vim.lsp.start_client({
  name = "wxlint", cmd = { vim.env.WX_PYTHON, "-m", "wxlint", "lsp" }, root_dir = vim.fn.getcwd(),
  handlers = { ["textDocument/publishDiagnostics"] = function(err, result, ctx, config)
    seen = true
    vim.lsp.diagnostic.on_publish_diagnostics(err, result, ctx, config)
  end },
})
local function until_(test) assert(vim.wait(30000, test, 20), "waited in vain") end
local function ask(method, params)
  local answer = vim.lsp.buf_request_sync(0, method, params, 30000)
  return answer and answer[client] and answer[client].result
end

vim.cmd("edit asr/Dockerfile")
vim.lsp.buf_attach_client(0, client)
until_(function() return seen and #vim.diagnostic.get(0) > 0 end)
for _, one in ipairs(vim.diagnostic.get(0)) do
  table.insert(said, { line = one.lnum + 1, code = one.code, from = one.source })
end

vim.api.nvim_win_set_cursor(0, { 1, 6 })
local place = ask("textDocument/definition", vim.lsp.util.make_position_params(0, "utf-16"))
local hover = ask("textDocument/hover", vim.lsp.util.make_position_params(0, "utf-16"))
vim.api.nvim_win_set_cursor(0, { 2, 40 })
local params = vim.lsp.util.make_range_params(0, "utf-16")
params.context = { diagnostics = {} }
local actions = ask("textDocument/codeAction", params)
seen = false
vim.lsp.util.apply_workspace_edit(actions[1].edit, "utf-16")
until_(function() return seen end)
local left = {}
for _, one in ipairs(vim.diagnostic.get(0)) do table.insert(left, one.code) end

local file = io.open("said.json", "w")
file:write(vim.json.encode({
  said = said, place = place, hover = hover.contents.value, title = actions[1].title, left = left,
  text = vim.api.nvim_buf_get_lines(0, 0, -1, false),
}))
file:close()
vim.cmd("qall!")
"""


def test_neovim_shows_findings_and_makes_a_fix(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "base").mkdir()
    (tmp_path / "asr").mkdir()
    (tmp_path / "base/Dockerfile").write_text("FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n")
    line = "RUN pip install torch==2.3.1 -i https://download.pytorch.org/whl/cpu"
    (tmp_path / "asr/Dockerfile").write_text(f"FROM acme/base:cuda\n{line}\n")
    (tmp_path / "build.sh").write_text("docker build -t acme/base:cuda base\ndocker build -t acme/asr:cuda asr\n")
    (tmp_path / "drive.lua").write_text(f"local ok, why = pcall(function()\n{SCRIPT}\nend)\n{FAILED}")
    env = os.environ | {"WX_PYTHON": sys.executable, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    command = [str(NVIM), "--headless", "--clean", "-i", "NONE", "-c", "luafile drive.lua"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert (tmp_path / "said.json").exists(), done.stderr
    found = json.loads((tmp_path / "said.json").read_text())
    assert {(one["line"], one["code"], one["from"]) for one in found["said"]} == {(2, "torch-index", "wxlint")}
    place = found["place"] if isinstance(found["place"], dict) else found["place"][0]
    assert place["uri"].endswith("/base/Dockerfile")
    assert "FROM names acme/base:cuda" in found["hover"]
    assert found["text"] == ["FROM acme/base:cuda", line.replace("/whl/cpu", "/whl/cu121")]
    assert found["left"] == []


FAILED = 'if not ok then io.stderr:write(tostring(why) .. "\\n") vim.cmd("cquit!") end\n'
