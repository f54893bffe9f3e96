package dev.caravan.server.models.catalogue;

import dev.caravan.engine.QuantizationConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model that the catalogue knows.
 *
 * @param id never changes its meaning
 * @param name what a person reads
 * @param purpose what it is for
 * @param preference the higher, the better an answer it gives; among models that fit, the highest is taken
 * @param pulledUnasked whether a first start may download it; false for what is too large for a surprise
 * @param memoryBytes weights and working memory of a conversation of 4,096 tokens
 * @param licence under which its makers give it away
 * @param files local file name to SHA-256, null where the bytes have not been seen by Caravan's makers: then the hub's
 *     own hash counts and is pinned at the first pull. The first file is the one that is loaded, or with a config.json
 *     among them the folder
 * @param sources in the order in which they are tried
 * @param quantization how linear layers are quantised when the model is loaded
 */
public record CatalogueModel(
        String id,
        String name,
        Purpose purpose,
        int preference,
        boolean pulledUnasked,
        long memoryBytes,
        Licence licence,
        List<CatalogueFile> files,
        List<ModelSource> sources,
        QuantizationConfig quantization) {

    /** What a model is for. */
    public enum Purpose {
        CHAT,
        EMBEDDING
    }

    /**
     * A licence.
     *
     * @param name its usual short name
     * @param url where its text is
     * @param mustBeAccepted whether a person must agree before the download
     * @param summary what agreeing means, in a sentence or two
     */
    public record Licence(String name, String url, boolean mustBeAccepted, String summary) {}

    /**
     * A file of a model, or several whose number nobody knows before.
     *
     * @param name of one file, or with {@code *} for anything: all files of the source that match
     * @param sha256 the hash of one file's bytes, if those were seen
     */
    public record CatalogueFile(String name, @Nullable String sha256) {
        public CatalogueFile {
            Names.checkFiles(name);
            if (sha256 != null) {
                Names.checkSha256(sha256);
                if (name.contains("*")) {
                    throw new IllegalArgumentException("several files cannot have one sha256: '" + name + "'");
                }
            }
        }

        boolean isPattern() {
            return name.contains("*");
        }

        Optional<String> knownSha256() {
            return Optional.ofNullable(sha256);
        }
    }

    public CatalogueModel {
        Names.checkId(id);
        if (memoryBytes <= 0) {
            throw new IllegalArgumentException("memory_bytes must be positive: " + memoryBytes);
        }
        if (files.isEmpty() || sources.isEmpty()) {
            throw new IllegalArgumentException("a model needs at least one file and one source");
        }
        files = List.copyOf(files);
        sources = List.copyOf(sources);
        for (ModelSource source : sources) {
            checkComplete(source, files);
        }
    }

    private static void checkComplete(ModelSource source, List<CatalogueFile> files) {
        Map<String, ?> named = switch (source) {
            case ModelSource.LocalFiles local -> local.paths();
            case ModelSource.HubRepository hub -> hub.patterns();
            case ModelSource.PythonWheels wheels -> wheels.parts();
        };
        boolean withoutHash = files.stream().anyMatch(file -> file.sha256() == null);
        if (withoutHash && source instanceof ModelSource.PythonWheels) {
            throw new IllegalArgumentException("files from Python wheels need a sha256");
        }
        for (CatalogueFile file : files) {
            if (!named.containsKey(file.name())) {
                throw new IllegalArgumentException("source '" + source.describe() + "' lacks the file " + file.name());
            }
        }
    }
}
