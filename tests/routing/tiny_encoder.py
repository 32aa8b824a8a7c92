"""An encoder with random weights that is loaded in milliseconds."""

import torch

LETTERS = "abcdefghij"


def save_tiny_encoder(folder, *, words=LETTERS, longest=16, seed=0):
    """A tiny BERT, saved the way the hub keeps models; it tells ``words`` apart and no others."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(exist_ok=True)
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    (folder / "vocab.txt").write_text("\n".join(known))
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(known),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=longest,
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return str(folder)
