package dev.caravan.engine.convert;

import dev.caravan.engine.format.AtomicFile;
import dev.caravan.engine.format.AtomicFolder;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.format.gguf.GgufMetadata;
import dev.caravan.engine.format.json.JsonText;
import dev.caravan.engine.tokenizer.GgufTokenizers;
import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.engine.tokenizer.TokenizerJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Makes the files of a folder from a GGUF file's keys: chat template, generation_config.json, tokenizer. */
final class GgufExtras implements ModelExtras {

    private static final String PREFIX = "tokenizer.ggml.";
    private static final String TEMPLATE = "tokenizer.chat_template";

    private final GgufMetadata metadata;
    private final Optional<Map<String, Object>> tokenizer;

    GgufExtras(GgufCheckpoint checkpoint) {
        this.metadata = checkpoint.metadata();
        this.tokenizer = TransformersTokenizer.of(metadata).filter(file -> isSame(file, metadata));
    }

    /** Whether the file gives the tokens that the keys give, for texts in which tokenizers differ. */
    private static boolean isSame(Map<String, Object> file, GgufMetadata metadata) {
        try {
            Path folder = Files.createTempDirectory("caravan-tokenizer");
            try {
                put(folder.resolve("tokenizer.json"), JsonText.compact(file));
                return GgufVocabulary.haveSameTokens(GgufTokenizers.fromMetadata(metadata), TokenizerJson.load(folder));
            } finally {
                AtomicFolder.delete(folder);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot write a temporary file", failure);
        }
    }

    @Override
    public List<String> notes() {
        return tokenizer.isPresent()
                ? List.of("tokenizer.json is made from the GGUF file's keys")
                : List.of(
                        "the file's tokenizer (%s) cannot be written as tokenizer.json: put the original model's tokenizer"
                                        .formatted(metadata.string(PREFIX + "model"))
                                + " files (tokenizer.json, tokenizer_config.json) into the folder");
    }

    @Override
    public void write(Path folder) {
        Tokenizer ids = GgufTokenizers.fromMetadata(metadata);
        Map<String, Object> generation = new LinkedHashMap<>();
        if (ids.bosToken() >= 0) {
            generation.put("bos_token_id", (long) ids.bosToken());
        }
        generation.put(
                "eos_token_id",
                new TreeSet<>(ids.endTokens()).stream().map(Integer::longValue).toList());
        put(folder.resolve("generation_config.json"), JsonText.indented(generation));
        if (metadata.contains(TEMPLATE)) {
            put(folder.resolve("chat_template.jinja"), metadata.string(TEMPLATE));
        }
        tokenizer.ifPresent(file -> {
            put(folder.resolve("tokenizer.json"), JsonText.indented(file));
            put(folder.resolve("tokenizer_config.json"), JsonText.indented(tokenizerConfig(ids)));
        });
    }

    private Map<String, Object> tokenizerConfig(Tokenizer ids) {
        List<String> tokens = metadata.strings(PREFIX + "tokens");
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("tokenizer_class", "PreTrainedTokenizerFast");
        config.put("add_bos_token", ids.addsBos());
        config.put("clean_up_tokenization_spaces", false);
        Map.of("bos_token", "bos", "eos_token", "eos", "unk_token", "unknown", "pad_token", "padding")
                .forEach((role, key) -> {
                    int id = metadata.integer(PREFIX + key + "_token_id", -1);
                    if (id >= 0 && id < tokens.size()) {
                        config.put(role, tokens.get(id));
                    }
                });
        return config;
    }

    private static void put(Path file, String text) {
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
