"""Train the tokenizer of the lesson on text, and its network in both frameworks and with several seeds.

    python course/reproduce/reviews.py

A quarter of an hour on one core. What is done already stays: each row of course/xai_course/results/reviews.json is
written at once. Delete the file to start anew. The network of seed 0 in PyTorch is the one that ships. Two trainings of
the tokenizer need not agree, so that it is trained only where xai_course/data/review_pieces.json is missing.
"""

from __future__ import annotations

from pathlib import Path

from rows import Rows
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import xai_course
from xai_course import text
from xai_course.data.reviews import PIECES
from xai_course.networks.architecture import REVIEWS
from xai_course.networks.shipped import ship

RESULTS = Path(xai_course.__file__).parent / "results" / "reviews.json"
BACKENDS = ("torch", "keras")
SEEDS = range(8)


def pieces(texts: tuple[str, ...]) -> Tokenizer:
    """Return a tokenizer of words and pieces of words, as BERT's: a mark before a text and one behind it."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=REVIEWS.layers["embedding"].words,
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        initial_alphabet=list("abcdefghijklmnopqrstuvwxyz.,!?'-"),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    marks = [(name, made.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=marks)
    return made


def main() -> None:
    """Train every network that there is no row of, and measure it."""
    reviews, rows = xai_course.write_reviews(), Rows(RESULTS)
    if not PIECES.exists():
        PIECES.write_text(pieces(reviews.train).to_str(pretty=True), encoding="utf-8")
    for backend in BACKENDS:
        lab = xai_course.backend(backend)
        for seed in SEEDS:
            key = {"backend": backend, "seed": seed}
            if rows.find("networks", **key) is None:
                network = text.trained(lab, reviews, seed)
                if (backend, seed) == ("torch", 0):
                    ship(text.NAME, lab.weights_of(network))
                found = {name: round(value, 4) for name, value in text.measured(lab, network, reviews).items()}
                rows.add("networks", key | found)
                print(key | found, flush=True)


if __name__ == "__main__":
    main()
