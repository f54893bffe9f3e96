package dev.caravan.engine.tokenizer;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What stands beside {@code tokenizer.json} on the roles of tokens: {@code tokenizer_config.json},
 * {@code special_tokens_map.json}, {@code generation_config.json}, {@code config.json}. Each may be absent.
 */
record SpecialTokenFiles(
        JsonObject tokenizerConfig, JsonObject specialTokensMap, JsonObject generationConfig, JsonObject config) {

    /** The roles in {@code tokenizer_config.json} and {@code special_tokens_map.json}. */
    private static final List<String> ROLES =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    /** Control tokens with these names end an answer even where no file says so. */
    static final Set<String> END_NAMES = Set.of(
            "<|eot_id|>",
            "<|eom_id|>",
            "<|end_of_text|>",
            "<|endoftext|>",
            "<|im_end|>",
            "<|end|>",
            "<end_of_turn>",
            "<eos>",
            "</s>",
            "[|endofturn|]");

    /** Roles by id, and what stands around a text. */
    record Roles(SpecialIds ids, PostProcessor postProcessor) {}

    static SpecialTokenFiles read(Path folder) {
        return new SpecialTokenFiles(
                optional(folder.resolve("tokenizer_config.json")),
                optional(folder.resolve("special_tokens_map.json")),
                optional(folder.resolve("generation_config.json")),
                optional(folder.resolve("config.json")));
    }

    private static JsonObject optional(Path file) {
        return Files.exists(file) ? JsonObject.read(file) : JsonObject.of(file, Map.of());
    }

    /**
     * The added tokens of {@code tokenizer.json} with what the other files say of them: {@code added_tokens_decoder}
     * overrides, and a token with a role is a control token.
     */
    List<AddedToken> addTo(Collection<AddedToken> declared, VocabularyReader vocabulary) {
        Map<String, AddedToken> added = new LinkedHashMap<>();
        for (AddedToken token : declared) {
            AddedToken other = added.put(token.content(), token);
            if (other != null && other.id() != token.id()) {
                throw new IllegalArgumentException("added_tokens gives '%s' the ids %d and %d; fetch the file again"
                        .formatted(token.content(), other.id(), token.id()));
            }
        }
        tokenizerConfig.object("added_tokens_decoder").ifPresent(decoder -> {
            for (String key : decoder.keys()) {
                AddedToken token = added(decoder, key);
                AddedToken known = added.get(token.content());
                if (known != null && known.id() != token.id()) {
                    throw decoder.refused("%s is '%s', which tokenizer.json gives the id %d; fetch the files again"
                            .formatted(decoder.place(key), token.content(), known.id()));
                }
                vocabulary.requireConsistent(token, decoder);
                added.put(token.content(), token);
            }
        });
        for (String role : ROLES) {
            token(role).ifPresent(content -> {
                AddedToken known = added.get(content);
                int id = known != null ? known.id() : vocabulary.idOf(content);
                if (id >= 0) {
                    added.put(content, known != null ? known.asControl() : AddedToken.control(id, content));
                }
            });
        }
        return new ArrayList<>(added.values());
    }

    private static AddedToken added(JsonObject decoder, String key) {
        JsonObject json = decoder.object(key).orElse(JsonObject.of(decoder.file(), Map.of()));
        if (!key.matches("\\d{1,7}")) {
            throw decoder.refused("the key %s should be an id".formatted(decoder.place(key)));
        }
        return AddedToken.read(json, Integer.parseInt(key));
    }

    /** The spelling of a role's token: a string, or an object with its content. */
    private Optional<String> token(String role) {
        for (JsonObject file : List.of(tokenizerConfig, specialTokensMap)) {
            if (file.has(role)) {
                return Optional.of(
                        file.values().get(role) instanceof String text
                                ? text
                                : file.object(role).orElseThrow().string("content"));
            }
        }
        return Optional.empty();
    }

    /**
     * The roles by id.
     *
     * @param declared the post-processor of {@code tokenizer.json}, if it has one that adds tokens
     */
    Roles roles(TokenVocabulary vocabulary, Collection<AddedToken> added, @Nullable PostProcessor declared) {
        int bos = id("bos_token", vocabulary);
        int eos = id("eos_token", vocabulary);
        Set<Integer> ends = new HashSet<>();
        if (eos >= 0) {
            ends.add(eos);
        }
        addEnds(generationConfig, vocabulary.size(), ends);
        addEnds(config, vocabulary.size(), ends);
        config.object("text_config").ifPresent(text -> addEnds(text, vocabulary.size(), ends));
        for (AddedToken token : added) {
            if (token.special() && END_NAMES.contains(token.content())) {
                ends.add(token.id());
            }
        }
        Set<Integer> others = new HashSet<>();
        for (String role : ROLES) {
            int id = id(role, vocabulary);
            if (id >= 0) {
                others.add(id);
            }
        }
        PostProcessor processor = postProcessor(bos, eos, declared);
        boolean addsBos = bos >= 0 && processor.prefix().contains(bos);
        return new Roles(new SpecialIds(bos, id("unk_token", vocabulary), addsBos, ends, others), processor);
    }

    private int id(String role, TokenVocabulary vocabulary) {
        return token(role).map(vocabulary::idOf).orElse(-1);
    }

    private static void addEnds(JsonObject file, int vocabSize, Set<Integer> ends) {
        String key = "eos_token_id";
        if (!file.has(key)) {
            return;
        }
        List<?> ids = file.values().get(key) instanceof List<?> list ? list : List.of(file.integer(key));
        for (Object id : ids) {
            if (!(id instanceof Number number) || number.longValue() < 0 || number.longValue() >= vocabSize) {
                throw file.refused("%s holds %s, which is not one of the %d tokens; take the model's whole folder"
                        .formatted(file.place(key), id, vocabSize));
            }
            ends.add(number.intValue());
        }
    }

    /** As in transformers, {@code add_bos_token} and {@code add_eos_token} override {@code tokenizer.json}. */
    private PostProcessor postProcessor(int bos, int eos, @Nullable PostProcessor declared) {
        boolean overrides = tokenizerConfig.has("add_bos_token") || tokenizerConfig.has("add_eos_token");
        if (!overrides) {
            return declared == null ? PostProcessor.NONE : declared;
        }
        return PostProcessor.around(
                requested("add_bos_token", "bos_token", bos), requested("add_eos_token", "eos_token", eos));
    }

    private List<Integer> requested(String flag, String role, int id) {
        if (!tokenizerConfig.flag(flag, false)) {
            return List.of();
        }
        if (token(role).isPresent() && id < 0) {
            throw new ModelFormatException(
                    tokenizerConfig.file(),
                    "%s asks for the %s, which is not in tokenizer.json; take the model's whole folder"
                            .formatted(flag, role));
        }
        return id < 0 ? List.of() : List.of(id);
    }
}
