package dev.caravan.engine.format.safetensors;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Brings the names of a file's tensors to the ones that an architecture reads: {@code model.layers.0.…} and
 * {@code lm_head.weight} for decoders, {@code encoder.layer.0.…} for the BERT family. Files differ by what was saved:
 *
 * <pre>
 * layers.0.…                          a decoder's backbone alone (EmbeddingGemma)     model.layers.0.…
 * language_model.model.layers.0.…     the text part of an image model, transformers 4 model.layers.0.…
 * model.language_model.layers.0.…     the same, transformers 5                        model.layers.0.…
 * bert.encoder.layer.0.…, roberta.…   an encoder with a head                          encoder.layer.0.…
 * </pre>
 */
final class TransformersNames {

    private static final Set<String> ENCODERS = Set.of("bert", "roberta", "xlm-roberta");
    private static final List<String> TEXT_PREFIXES =
            List.of("language_model.model.", "model.language_model.", "language_model.");
    private static final Pattern BACKBONE = Pattern.compile("(layers\\.\\d|embed_tokens\\.|norm\\.).*");

    /** Buffers that old files hold though they follow from the configuration. */
    private static final Pattern BUFFER = Pattern.compile("(.*\\.)?(position_ids|rotary_emb\\.inv_freq)");

    private final boolean encoder;
    private final boolean wrapped;

    TransformersNames(String modelType, List<String> fileNames) {
        this.encoder = ENCODERS.contains(modelType);
        this.wrapped =
                fileNames.stream().anyMatch(name -> TEXT_PREFIXES.stream().anyMatch(name::startsWith));
    }

    /** The name that an architecture asks for, empty for what is no part of a text model. */
    Optional<String> name(String fileName) {
        if (BUFFER.matcher(fileName).matches()) {
            return Optional.empty();
        }
        if (encoder) {
            return Optional.of(withoutPrefix(withoutPrefix(fileName, "bert."), "roberta."));
        }
        if (wrapped) {
            return textPart(fileName);
        }
        return Optional.of(BACKBONE.matcher(fileName).matches() ? "model." + fileName : fileName);
    }

    private static Optional<String> textPart(String fileName) {
        if (fileName.startsWith("lm_head.")) {
            return Optional.of(fileName);
        }
        for (String prefix : TEXT_PREFIXES) {
            if (fileName.startsWith(prefix)) {
                String name = fileName.substring(prefix.length());
                return Optional.of(name.startsWith("lm_head.") ? name : "model." + name);
            }
        }
        return Optional.empty();
    }

    private static String withoutPrefix(String name, String prefix) {
        return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    }
}
