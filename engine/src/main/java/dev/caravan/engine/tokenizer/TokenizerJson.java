package dev.caravan.engine.tokenizer;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tokenizer of a folder in Hugging Face's format: {@code tokenizer.json}, and beside it {@code tokenizer_config.json},
 * {@code special_tokens_map.json}, {@code generation_config.json} and {@code config.json} as far as they are there. What a
 * file says and the engine does not know is refused by name and place.
 */
public final class TokenizerJson {

    /** The largest known one, Gemma 3's, has 33 MB. */
    private static final long MAX_BYTES = 256L << 20;

    private static final Set<String> KEYS = Set.of(
            "version",
            "truncation",
            "padding",
            "added_tokens",
            "normalizer",
            "pre_tokenizer",
            "post_processor",
            "decoder",
            "model");

    private TokenizerJson() {}

    /**
     * Reads the tokenizer of a model's folder. Truncation and padding of the file are not taken over: how much a model
     * reads is decided elsewhere.
     *
     * @throws ModelFormatException if a file is missing, not sound, or says something that is not supported
     */
    public static Tokenizer load(Path folder) {
        Path path = folder.resolve("tokenizer.json");
        VocabularyReader vocabulary = new VocabularyReader(path);
        JsonObject file = JsonObject.read(path, MAX_BYTES, vocabulary.sinks());
        try {
            return build(file, vocabulary, SpecialTokenFiles.read(folder));
        } catch (IllegalArgumentException unsound) {
            throw new ModelFormatException(path, String.valueOf(unsound.getMessage()), unsound);
        }
    }

    private static Tokenizer build(JsonObject file, VocabularyReader reader, SpecialTokenFiles special) {
        for (String key : file.keys()) {
            if (!KEYS.contains(key)) {
                throw file.refused("the key %s is not known; take a model with another tokenizer".formatted(key));
            }
        }
        JsonObject model =
                file.object("model").orElseThrow(() -> file.refused("the key model is missing; fetch the file again"));
        List<AddedToken> added = special.addTo(addedTokens(file, reader), reader);
        @Nullable String[] tokens = reader.tokens(added);
        BitSet hidden = new BitSet();
        for (AddedToken token : added) {
            hidden.set(token.id(), token.special() || reader.idOf(token.content()) < 0);
        }
        TokenVocabulary vocabulary = new TokenVocabulary(tokens, hidden);
        TokenModel tokenModel = ModelReader.read(model, vocabulary, reader);
        PostProcessor declared = PostProcessorReader.read(file, vocabulary.size());
        SpecialTokenFiles.Roles roles = special.roles(vocabulary, added, declared);
        PipelineTokenizer.Steps steps = new PipelineTokenizer.Steps(
                NormalizerReader.read(file),
                PreTokenizerReader.read(file),
                tokenModel,
                TokenDecoder.read(file),
                roles.postProcessor(),
                added);
        return new PipelineTokenizer(vocabulary, steps, roles.ids());
    }

    private static List<AddedToken> addedTokens(JsonObject file, VocabularyReader vocabulary) {
        List<AddedToken> added = new ArrayList<>();
        for (JsonObject json : file.objects("added_tokens")) {
            AddedToken token = AddedToken.read(json, json.integer("id"));
            vocabulary.requireConsistent(token, json);
            added.add(token);
        }
        return added;
    }
}
