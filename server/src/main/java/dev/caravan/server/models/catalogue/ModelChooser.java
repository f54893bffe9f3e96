package dev.caravan.server.models.catalogue;

import dev.caravan.engine.QuantizationConfig;
import dev.caravan.server.models.catalogue.CatalogueModel.Purpose;
import dev.caravan.server.models.catalogue.ModelStore.InstalledModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Decides which model to use. What was asked for counts before all; else the best installed one that fits memory; else,
 * where downloads are allowed, the best one that fits and can be had.
 */
public final class ModelChooser {

    private static final String CONFIG = "config.json";

    private final Catalogue catalogue;
    private final ModelStore store;
    private final long memoryBytes;

    /** @param memoryBytes what a model may take, see {@link MemoryBudget} */
    public ModelChooser(Catalogue catalogue, ModelStore store, long memoryBytes) {
        this.catalogue = catalogue;
        this.store = store;
        this.memoryBytes = memoryBytes;
    }

    /**
     * Chooses among what is on this machine, without the network.
     *
     * @param requested a catalogue id, the path of a model's file or folder, or empty for the best
     * @return empty when nothing was asked for and nothing fitting is installed
     * @throws ModelException when what was asked for is not here or does not fit
     */
    public Optional<ModelChoice> chooseInstalled(Purpose purpose, String requested) {
        if (!requested.isBlank()) {
            return Optional.of(requested(purpose, requested));
        }
        return best(purpose).stream()
                .flatMap(model -> store.find(model.id()).stream().map(here -> installed(model, here)))
                .findFirst();
    }

    /**
     * Chooses, and downloads what is not here.
     *
     * @throws ModelException when nothing can be had; the message says why for each candidate
     */
    public ModelChoice chooseOrPull(Purpose purpose, String requested, ModelPuller puller, PullProgress progress) {
        if (!requested.isBlank()) {
            catalogue.find(requested).filter(this::fits).ifPresent(model -> puller.pull(model, progress));
            return requested(purpose, requested);
        }
        Optional<ModelChoice> here = chooseInstalled(purpose, "");
        if (here.isPresent()) {
            return here.get();
        }
        List<String> failures = new ArrayList<>();
        for (CatalogueModel model : best(purpose)) {
            if (!model.pulledUnasked()) {
                continue;
            }
            try {
                InstalledModel pulled = puller.pull(model, progress);
                return new ModelChoice(
                        model.id(),
                        pulled.file(),
                        model.quantization(),
                        model.id() + ": the best model that fits (" + fit(model) + ") and could be had, from "
                                + pulled.source() + ".");
            } catch (ModelException e) {
                progress.note(String.valueOf(e.getMessage()));
                failures.add(model.id());
            }
        }
        String purposeName = purpose.name().toLowerCase(Locale.ROOT);
        throw new ModelException(
                failures.isEmpty()
                        ? "No " + purposeName + " model of the catalogue fits the " + Bytes.human(memoryBytes)
                                + " of memory that a model may take now: free some, or name a smaller file with --model."
                        : "No " + purposeName + " model could be had (tried " + String.join(", ", failures)
                                + "): see the reasons above, or name a local .gguf file or folder with --model.");
    }

    private ModelChoice requested(Purpose purpose, String requested) {
        Optional<CatalogueModel> known = catalogue.find(requested);
        if (known.isEmpty()) {
            return requestedFile(requested);
        }
        CatalogueModel model = known.get();
        if (model.purpose() != purpose) {
            throw new ModelException(
                    model.id() + " is a model for " + model.purpose().name().toLowerCase(Locale.ROOT) + ", not for "
                            + purpose.name().toLowerCase(Locale.ROOT) + ": choose another one.");
        }
        if (!fits(model)) {
            throw new ModelException("The model " + model.id() + " does not fit: " + fit(model)
                    + "; free memory or choose a smaller one.");
        }
        InstalledModel here = store.find(model.id())
                .orElseThrow(() -> new ModelException("The model " + model.id()
                        + " is not on this machine: run ./caravan models pull " + model.id() + "."));
        return new ModelChoice(
                model.id(), here.file(), model.quantization(), model.id() + ": asked for (" + fit(model) + ").");
    }

    private ModelChoice requestedFile(String requested) {
        Path file = Path.of(requested).toAbsolutePath().normalize();
        boolean looksLikeAPath = requested.contains("/") || requested.endsWith(".gguf") || Files.exists(file);
        if (!looksLikeAPath) {
            throw new ModelException("There is no model '" + requested
                    + "' in the catalogue (./caravan models list), and no such file or folder.");
        }
        if (!Files.isReadable(file)) {
            throw new ModelException("The model " + file + " does not exist or cannot be read: correct --model.");
        }
        if (Files.isDirectory(file)) {
            return requestedFolder(file);
        }
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return new ModelChoice(
                dot > 0 ? name.substring(0, dot) : name, file, QuantizationConfig.NONE, file + ": the file asked for.");
    }

    private static ModelChoice requestedFolder(Path folder) {
        if (!Files.isRegularFile(folder.resolve(CONFIG)) || folder.getFileName() == null) {
            throw new ModelException("The folder " + folder + " holds no " + CONFIG
                    + ": give the folder of a model in safetensors, or the path of a .gguf file.");
        }
        return new ModelChoice(
                folder.getFileName().toString(), folder, QuantizationConfig.NONE, folder + ": the folder asked for.");
    }

    private ModelChoice installed(CatalogueModel model, InstalledModel here) {
        String reason = model.id() + ": the best installed model that fits (" + fit(model) + ").";
        Optional<CatalogueModel> better = best(model.purpose()).stream()
                .filter(CatalogueModel::pulledUnasked)
                .filter(other -> other.preference() > model.preference())
                .findFirst();
        return new ModelChoice(
                model.id(),
                here.file(),
                model.quantization(),
                better.map(other -> reason + " A better one fits too: ./caravan models pull " + other.id() + ".")
                        .orElse(reason));
    }

    private List<CatalogueModel> best(Purpose purpose) {
        return catalogue.models().stream()
                .filter(model -> model.purpose() == purpose)
                .filter(this::fits)
                .sorted(Comparator.comparingInt(CatalogueModel::preference).reversed())
                .toList();
    }

    private boolean fits(CatalogueModel model) {
        return model.memoryBytes() <= memoryBytes;
    }

    private String fit(CatalogueModel model) {
        return "needs " + Bytes.human(model.memoryBytes()) + ", may take " + Bytes.human(memoryBytes);
    }
}
