package dev.caravan.engine.grammar;

import dev.caravan.engine.format.gguf.GgufFile;
import dev.caravan.engine.tokenizer.GgufTokenizers;
import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.testkit.TestModels;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** Tokenizers of GGUF files: the small ones that the tokenizer's tests trained, and Gemma's. */
final class TestVocabularies {

    private TestVocabularies() {}

    /** Byte-level BPE, 2,000 tokens. */
    static Tokenizer byteLevel() {
        return small("tiny-bpe-qwen2");
    }

    /** SentencePiece with byte fallback, 2,400 tokens. */
    static Tokenizer sentencePiece() {
        return small("tiny-spm");
    }

    /** Gemma 3: SentencePiece, 262,144 tokens. */
    static Tokenizer gemma3() {
        return read(TestModels.gemma3());
    }

    private static Tokenizer small(String name) {
        InputStream file = Objects.requireNonNull(
                TestVocabularies.class.getResourceAsStream("/golden/tokenizer/" + name + ".gguf.gz"));
        try (InputStream packed = new GZIPInputStream(file)) {
            Path plain = Files.createTempFile(name, ".gguf");
            try {
                Files.write(plain, packed.readAllBytes());
                return read(plain);
            } finally {
                Files.delete(plain);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static Tokenizer read(Path path) {
        try (GgufFile file = GgufFile.open(path)) {
            return GgufTokenizers.fromMetadata(file.metadata());
        }
    }
}
