"""Write what is made from the sources of the lessons: notebooks, their index, the badges of the README, slides.

python course/build.py               write what has changed; outputs of unchanged cells stay
python course/build.py --execute     and run the student's notebooks, so that they are saved with their outputs
python course/build.py --slides      write the slides, from the notebooks as they are saved, into the folder slides
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nbformat

from making import index, notebooks, slides


def main() -> None:
    """Write the notebooks, or the slides."""
    parser = argparse.ArgumentParser(description="Write notebooks or slides from the sources of the lessons.")
    parser.add_argument("--execute", action="store_true", help="run the student's notebooks and save their outputs")
    parser.add_argument("--slides", action="store_true", help="write slides from the saved notebooks instead")
    parser.add_argument("lessons", nargs="*", help="beginnings of names, such as 01; all lessons by default")
    arguments = parser.parse_args()
    chosen = [
        source
        for source in notebooks.sources()
        if not arguments.lessons or source.stem.startswith(tuple(arguments.lessons))
    ]
    if arguments.slides:
        slides.copy_libraries()
        for source in chosen:
            _say(slides.write(notebooks.destination(source, "student")))
        return
    for source in chosen:
        for audience in ("student", "solution"):
            notebook, path = notebooks.build(source, audience), notebooks.destination(source, audience)
            if audience == "student":
                notebooks.keep_outputs(notebook, path)
                if arguments.execute:
                    notebooks.execute(notebook)
            path.parent.mkdir(exist_ok=True)
            nbformat.write(notebook, path)
            _say(path)
    notebooks.write_readme_badges()
    index.write()


def _say(path: Path) -> None:
    sys.stdout.write(f"{path.relative_to(notebooks.ROOT)}\n")


if __name__ == "__main__":
    main()
