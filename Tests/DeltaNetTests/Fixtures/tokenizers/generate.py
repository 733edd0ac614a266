"""Writes the tokenizers here, and what Hugging Face's tokenizers 0.23.3 makes of some texts.

    pip install tokenizers==0.23.3 && python generate.py

Training a unigram model does not give the same one each time.
"""

import json
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers

LINES = [
    "The delta rule writes what is new and forgets what it replaces.",
    "A state is a matrix; a key reads it, and the difference is written back.",
    "What the key finds there is taken away before the value is added.",
    "For every token the rule is one small step of gradient descent.",
    "It's the chunks that make it fast, they've said; we'll see.",
    "def step(state, key, value, beta):\n    return state + beta * (value - state)\n",
    "Zahlen wie 1, 12, 123 und 2024 gehören dazu, ebenso Ä, Ö, Ü und ß.",
    "Le café est fermé, déjà à midi; naïve question d'été.",
    "Быстрая коричневая лиса прыгает через ленивую собаку.",
    "the rule of the delta of the rule of the state of the key",
]
TEXTS = [
    "", " ", "  ", "     ", "a", " a", "a ", "  a  b   c ", "The delta rule.",
    "the rule of the state of the key", "It's they've we'll I'd I'm ''s 's",
    "\n", "\n\n\n", "a\nb\r\n\tc", "  \n  x", "x \n y\n  z  \n",
    "12 123,456.78", "x1y2 ½ ² Ⅷ ٣", "café", "cafe\u0301", "Å Å A\u030a Ω Ω",
    "日本語のテキスト", "Быстрая лиса", "😀", "a😀b 👩‍👩‍👧‍👦 🇩🇪", "\u200b\u00a0\u3000x\u2028y\u0085z",
    "\x00\x01\x7f", "\ufffd \ufeff", "▁", "▁a ▁ b", "a▁b", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "<s>", "</s>", "<unk>", "<s>a</s>", "<s> a </s> b", "a<s>", "a <s> b", "<<s>>", "<s",
    "<0x41>", "<0xE2><0x82>", "<strip>", "x  <strip>  y", "  <strip>", "<strip><strip> <strip>",
    "word", "a word b", "aword", "sword", "word-word", "word_", "word\u0301", "wordword",
    "norm", " norm", "anormb", "a norm b", "norms norm", "normal", "normally a norm",
    "def step(state):\n    return state", "ß" * 9, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "the" * 20,
    "é" * 5 + "e\u0301" * 5, "ab" * 40 + " " + "ba" * 40, "q\u0000z", "ÄÖÜ", "a  <s>  b",
]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
SPECIAL = ["<unk>", "<s>", "</s>"]
BOS = dict(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])


def bpe(size, *, first, pre=None, norm=None, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    if norm: tokenizer.normalizer = norm
    if pre: tokenizer.pre_tokenizer = pre
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=first, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if first == ["<|end|>"] else [])
    tokenizer.train_from_iterator(LINES, trainer)
    document = json.loads(tokenizer.to_str())
    # The bytes are tokens of the model; only the first three are found in a text.
    document["added_tokens"] = [t for t in document["added_tokens"] if t["content"] not in BYTES]
    return Tokenizer.from_str(json.dumps(document))


def add_others(tokenizer):
    tokenizer.add_tokens([
        AddedToken("<strip>", lstrip=True, rstrip=True, normalized=False),
        AddedToken("word", single_word=True, normalized=False),
        AddedToken("norm", normalized=True),
        AddedToken("normal", normalized=False),
    ])


def llama():
    t = bpe(480, first=SPECIAL + BYTES, unk_token="<unk>", fuse_unk=True, byte_fallback=True,
            norm=normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]))
    t.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
        decoders.Strip(" ", 1, 0)])
    t.post_processor = processors.TemplateProcessing(**BOS)
    add_others(t)
    return t


def metaspace_first():
    t = bpe(500, first=SPECIAL + BYTES, unk_token="<unk>", fuse_unk=True, byte_fallback=True,
            ignore_merges=True, pre=pre_tokenizers.Metaspace("▁", "first", split=False))
    t.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
        decoders.Strip(" ", 1, 0)])
    t.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="$A $B", special_tokens=[("<s>", 1), ("</s>", 2)])
    return t


def unknown(fuse):
    t = bpe(150, first=SPECIAL, unk_token="<unk>", fuse_unk=fuse,
            norm=normalizers.Strip(), pre=pre_tokenizers.Metaspace("▁", "never"))
    t.decoder = decoders.Metaspace("▁", "never")
    return t


def stripped():
    t = bpe(160, first=SPECIAL, unk_token="<unk>",
            norm=normalizers.Sequence([
                normalizers.Strip(right=False), normalizers.Replace("the", ""),
                normalizers.Replace("rule", "law of")]),
            pre=pre_tokenizers.Sequence([pre_tokenizers.Metaspace("▁", "first")]))
    t.decoder = decoders.Sequence([
        decoders.Strip("e", 2, 0), decoders.Metaspace("▁", "first"), decoders.Replace("w", "WW")])
    t.add_special_tokens([AddedToken("<s>", lstrip=True, normalized=True)])
    add_others(t)
    return t


def silent():
    t = bpe(120, first=["<s>"])
    return t


def gpt2(prefix):
    t = bpe(400, first=["<|end|>"], pre=pre_tokenizers.ByteLevel(add_prefix_space=prefix))
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def unigram(byte_fallback, scheme):
    t = Tokenizer(models.Unigram())
    t.pre_tokenizer = pre_tokenizers.Metaspace("▁", scheme)
    first = SPECIAL + (BYTES if byte_fallback else [])
    t.train_from_iterator(LINES, trainers.UnigramTrainer(
        vocab_size=len(first) + 180, special_tokens=first, unk_token="<unk>", show_progress=False))
    document = json.loads(t.to_str())
    document["model"]["byte_fallback"] = byte_fallback
    document["added_tokens"] = [x for x in document["added_tokens"] if x["content"] not in BYTES]
    t = Tokenizer.from_str(json.dumps(document))
    t.decoder = (
        decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace("▁", scheme)])
        if byte_fallback else decoders.Metaspace("▁", scheme))
    t.post_processor = processors.TemplateProcessing(**BOS)
    add_others(t)
    return t


def ids_to_decode(t):
    count = max(t.get_vocab().values()) + 1
    lists, state = [], 1
    for length in list(range(12)) * 4:
        ids = []
        for _ in range(length):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            ids.append((state >> 33) % (count + 3))
        lists.append(ids)
    return lists


def write(name, t, pairs=False):
    document = json.loads(t.to_str())
    if not pairs and "merges" in document["model"]:
        document["model"]["merges"] = [" ".join(pair) for pair in document["model"]["merges"]]
    text = json.dumps(document, ensure_ascii=pairs)
    t = Tokenizer.from_str(text)
    open(f"{name}.json", "w").write(text)
    encoded = [dict(text=x, ids=t.encode(x).ids, plain=t.encode(x, add_special_tokens=False).ids)
               for x in TEXTS]
    lists = [x["ids"] for x in encoded] + ids_to_decode(t)
    decoded = [dict(ids=x, text=t.decode(x), all=t.decode(x, skip_special_tokens=False))
               for x in lists]
    json.dump(
        dict(vocabularyCount=max(t.get_vocab().values()) + 1, encoded=encoded, decoded=decoded),
        open(f"{name}.expected.json", "w"), ensure_ascii=True, separators=(",", ":"))


write("llama", llama())
write("bpe-metaspace-first", metaspace_first(), pairs=True)
write("bpe-unknown-fused", unknown(True))
write("bpe-unknown", unknown(False))
write("bpe-stripped", stripped())
write("bpe-silent", silent(), pairs=True)
write("byte-level", gpt2(False))
write("byte-level-prefix-space", gpt2(True), pairs=True)
write("unigram", unigram(False, "always"))
write("unigram-bytes", unigram(True, "first"))
