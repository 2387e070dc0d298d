"""Run inside a GPU stage's image: makes tiny models with random weights, in the form that the stage loads.

    python tiny_models.py KIND FOLDER

What such a model answers is noise; that the stage loads it, runs it and writes its results is what is tested.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

WORDS = ["where is john snow", "he left winterfell with a wolf", "hello there how are you", "the end of the line"]
SIZES = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
}
"""Of a transformer that encodes and decodes."""


def whisper(folder: Path) -> None:
    """A whisper model for faster-whisper: made with transformers, converted by ctranslate2's own converter."""
    import ctranslate2.converters
    import torch
    from faster_whisper.tokenizer import _LANGUAGE_CODES
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        PreTrainedTokenizerFast,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
    )

    # ctranslate2 tells a multilingual model by the size of its vocabulary: that of the real ones.
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = [*letters, *(f"unused{number}" for number in range(50257 - len(letters)))]
    words = Tokenizer(models.BPE(vocab={word: at for at, word in enumerate(vocabulary)}, merges=[]))
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    languages = [f"<|{code}|>" for code in _LANGUAGE_CODES]
    special = ["<|endoftext|>", "<|startoftranscript|>", *languages, "<|translate|>", "<|transcribe|>"]
    special += ["<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<|endoftext|>", unk_token="<|endoftext|>")
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    tokenizer.add_tokens([f"<|{step * 0.02:.2f}|>" for step in range(1501)])
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in special}

    torch.manual_seed(1)
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        **SIZES,
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|endoftext|>"],
        pad_token_id=ids["<|endoftext|>"],
        decoder_start_token_id=ids["<|startoftranscript|>"],
        suppress_tokens=[],
        begin_suppress_tokens=[ids["<|endoftext|>"]],
    )
    source = folder / "transformers"
    WhisperForConditionalGeneration(config).save_pretrained(source)
    tokenizer.save_pretrained(source)
    WhisperFeatureExtractor().save_pretrained(source)
    converter = ctranslate2.converters.TransformersConverter(
        str(source), copy_files=["tokenizer.json", "preprocessor_config.json"]
    )
    converter.convert(str(folder / "whisper"), force=True)
    shutil.rmtree(source)


def segmentation(folder: Path) -> None:
    """The segmentation model that whisperx carries in its package, which pyannote's stages can load as well."""
    import whisperx

    shutil.copy(Path(whisperx.__file__).parent / "assets" / "pytorch_model.bin", folder / "segmentation.bin")


def diarization(folder: Path) -> None:
    """A diarization pipeline: that segmentation model, and a speaker embedding with random weights."""
    import torch
    from pyannote.audio import Model
    from pyannote.audio.models.embedding import XVectorSincNet

    torch.manual_seed(1)
    checkpoint = torch.load(folder / "segmentation.bin", map_location="cpu", weights_only=False)
    embedding = XVectorSincNet()
    about = dict(checkpoint["pyannote.audio"])
    about["architecture"] = {"module": XVectorSincNet.__module__, "class": "XVectorSincNet"}
    checkpoint.update(state_dict=embedding.state_dict(), hyper_parameters=dict(embedding.hparams))
    checkpoint["pyannote.audio"] = about
    torch.save(checkpoint, folder / "embedding.bin")
    Model.from_pretrained(folder / "embedding.bin")
    config = {
        "version": "3.1.0",
        "pipeline": {
            "name": "pyannote.audio.pipelines.SpeakerDiarization",
            "params": {
                "segmentation": "/models/segmentation.bin",
                "segmentation_step": 0.1,
                "embedding": "/models/embedding.bin",
                "embedding_exclude_overlap": True,
                "clustering": "AgglomerativeClustering",
            },
        },
        "params": {
            "segmentation": {"threshold": 0.5, "min_duration_off": 0.0},
            "clustering": {"method": "centroid", "min_cluster_size": 12, "threshold": 0.7},
        },
    }
    (folder / "diarization.yaml").write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML


def translation(folder: Path) -> None:
    """An NLLB model: its own kind of tokenizer, trained on a few lines, and a small M2M100."""
    import sentencepiece
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizer

    text = folder / "lines.txt"
    text.write_text("\n".join(WORDS * 20), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / "spm"), vocab_size=60, hard_vocab_limit=False, minloglevel=2
    )
    tokenizer = NllbTokenizer(str(folder / "spm.model"))
    torch.manual_seed(1)
    config = M2M100Config(
        vocab_size=len(tokenizer),
        **SIZES,
        max_length=20,
        decoder_start_token_id=2,
    )
    M2M100ForConditionalGeneration(config).save_pretrained(folder / "translation")
    tokenizer.save_pretrained(folder / "translation")
    for path in folder.glob("spm.*"):
        path.unlink()
    text.unlink()


def lyrics(folder: Path) -> None:
    """An audio spectrogram transformer that knows two sounds."""
    import torch
    from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

    torch.manual_seed(1)
    config = ASTConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        id2label={0: "Singing", 1: "Speech"},
        label2id={"Singing": 0, "Speech": 1},
    )
    ASTForAudioClassification(config).save_pretrained(folder / "lyrics")
    ASTFeatureExtractor().save_pretrained(folder / "lyrics")


KINDS: dict[str, Callable[[Path], None]] = {
    kind.__name__: kind for kind in (whisper, segmentation, diarization, translation, lyrics)
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](Path(sys.argv[2]))
