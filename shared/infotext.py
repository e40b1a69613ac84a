"""The text that the WebUI keeps inside a picture: its prompts, then one line of settings.

The WebUI's "PNG Info" and "Send to img2img" read exactly this.
"""

import json
import re
from typing import NamedTuple, Self

_NEGATIVE = "Negative prompt: "
_SETTING = re.compile(r'\s*(\w[\w \-/]*):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')


class Infotext(NamedTuple):
    """What a picture was drawn with; `settings` by the WebUI's names for them, in its order."""

    prompt: str
    negative_prompt: str
    settings: dict[str, str]

    def __str__(self) -> str:
        negative = _NEGATIVE + self.negative_prompt if self.negative_prompt else ""
        settings = ", ".join(f"{name}: {_quoted(value)}" for name, value in self.settings.items())
        return "\n".join(part for part in (self.prompt, negative, settings) if part)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` or the WebUI wrote; a text without settings is a prompt alone."""
        prompts, _, last = text.rpartition("\n")
        settings = {name: _unquoted(value) for name, value in _SETTING.findall(last)}
        if "Steps" not in settings:
            prompts, settings = text, {}
        prompt, negative = _apart(prompts)
        return cls(prompt, negative, settings)


def _apart(prompts: str) -> tuple[str, str]:
    if prompts.startswith(_NEGATIVE):
        return "", prompts.removeprefix(_NEGATIVE)
    prompt, _, negative = prompts.partition("\n" + _NEGATIVE)
    return prompt, negative


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search(r'[,:\n"]', value) or value != value.strip() else value


def _unquoted(value: str) -> str:
    try:
        return str(json.loads(value)) if value.startswith('"') else value.strip()
    except ValueError:
        return value
