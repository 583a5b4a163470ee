"""The page: a row for each network, and below why what is refused."""

from __future__ import annotations

from typing import Any

from docs.networks.zoo import ZOO, Entry

SMALL = 1e-3
"""Up to here a difference is that of single precision, which deep networks with random weights add up."""

CHECKS = ("scores", "saliency", "integrated gradients", "occlusion", "Grad-CAM")
RULES = ("DeepLift", "RelevancePropagation", "AttnLrp", "CpLrp", "GuidedBackpropagation")
ATTENTION = ("AttentionRollout", "AttentionRelevance")


def page(found: dict[str, Any]) -> str:
    """Return the page as Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in found.get("versions", {}).items())
    rows = [(entry, found[entry.key]) for entry in ZOO if entry.key in found]
    lines = [
        "<!-- Written by `python -m docs.networks`, which is run by hand: run it instead of editing this page. -->",
        "# What was checked on networks by name",
        "",
        f"{len(rows)} networks with random weights, given to `wrap` as they come, one picture or text each.",
        f"{versions}.",
        "",
        "- Scores, gradients (`Saliency`), integrated gradients of 4 steps, occlusion by 4 windows and Grad-CAM: the",
        "  largest difference from the framework's own autograd, hooks and loops, as a share of the largest value;",
        "  gradients of PyTorch from those in double precision, in bold where rounding cannot be the reason: ten times",
        "  further away than PyTorch's own. Of texts, gradients are those at the embedding.",
        "- Layers: for how many it is known which axis counts what; then the layer that activation maps take, and",
        "  whether its grid and its tokens without a place are what the authors say they are.",
        "- DeepLIFT: how far the sum is from the change of the score, as a share of it, or of the score where that",
        "  hardly changes. Relevance: the sum over the score; biases keep the rest, and of texts the embedding of",
        "  their places, which is as large as that of words where weights are random. Attention: rollout, relevance.",
        "- In all of them parameters, buffers, flags and hooks were afterwards what they had been.",
        "",
    ]
    if changed := [entry.key for entry, one in rows if not one.get("untouched", True)]:
        lines[-2] = f"- CHANGED afterwards: {', '.join(changed)}."
    columns = ("network", "layers", "maps at", *CHECKS, "DeepLIFT", "LRP", "AttnLRP", "CP-LRP", "guided", "attention")
    lines += [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    reasons: dict[str, list[str]] = {}
    lines += [_row(entry, one, reasons) for entry, one in rows]
    lines += ["", "## What is refused, and why", ""]
    lines += [
        f"{at}. {reason} ({', '.join(sorted(set(names)))})" for at, (reason, names) in enumerate(reasons.items(), 1)
    ]
    return "\n".join([*lines, ""])


def _row(entry: Entry, one: dict[str, Any], reasons: dict[str, list[str]]) -> str:
    if isinstance(one.get("wrap"), dict) or "error" in one:
        return f"| {entry.key} | {_said(entry, one.get('wrap', one), reasons)} |" + " |" * 12
    known, count = one["layers"]
    cells = [entry.key, f"{known} of {count}", _place(entry, one["grid"], reasons)]
    cells += [_said(entry, one[name], reasons) for name in (*CHECKS, *RULES)]
    cells.append(", ".join(_said(entry, one[name], reasons) for name in ATTENTION))
    return f"| {' | '.join(cells)} |"


def _place(entry: Entry, grid: Any, reasons: dict[str, list[str]]) -> str:
    if isinstance(grid, dict):
        return _said(entry, grid, reasons)
    right, layer, words = grid.split(": ", 2)
    return (
        f"`{layer}`: {words.partition(', grid')[0]}{'' if right == 'as known' else ' (**not what the authors say**)'}"
    )


def _said(entry: Entry, value: Any, reasons: dict[str, list[str]]) -> str:
    match value:
        case float():
            return f"{value:.0e}" if value <= SMALL else f"**{value:.1g}**"
        case {"apart": apart, "rounding": rounding}:
            return f"{apart:.0e}" if apart <= max(SMALL, 10 * rounding) else f"**{apart:.1g}**"
        case {"of the score": gap}:
            return f"{_said(entry, gap, reasons)} of the score"
        case {"sum over score": share}:
            return f"{share:.2f}"
        case {"refused": reason}:
            return f"no ({_number(reason, entry, reasons)})"
        case {"error": words}:
            return f"**error: {words[:60]}**"
    return str(value).replace("runs", "yes")


def _number(reason: str, entry: Entry, reasons: dict[str, list[str]]) -> int:
    """Return the number of a reason in the list, in which the names of layers are left out."""
    parts = reason.split("'")
    plain = "'".join(parts[::2] and [part if at % 2 == 0 else "…" for at, part in enumerate(parts)])
    reasons.setdefault(plain, []).append(entry.key)
    return list(reasons).index(plain) + 1
