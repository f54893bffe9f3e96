package dev.caravan.server.finetuning;

import dev.caravan.engine.format.AtomicFile;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.PeftFolder;
import dev.caravan.engine.model.Decoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.text.Normalizer;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The folder of one adapter. While it is trained it holds {@value #RUN} and checkpoints; when all is done the adapter, the
 * report and {@code training.json} stand in their place.
 */
record OutputFolder(Path path) {
    static final String ADAPTER = "adapter_model.safetensors";

    private static final String CONFIG = "adapter_config.json";
    private static final String RUN = "run.json";
    private static final String CHECKPOINTS = "checkpoints";
    private static final int MOST_NAME = 80;

    /** The last two, the best, and the one that is being written. */
    private static final int MOST_CHECKPOINTS = 4;

    /** The report, its curve and {@code training.json}. */
    private static final long PAGES_BYTES = 4L << 20;

    private static final JsonMapper JSON = JsonMapper.shared();

    /**
     * What a run fixed when it began, beside its options.
     *
     * @param loadIn how the base's weights were quantised on the way
     * @param heldOutLoss of the base alone; NaN if nothing is held out
     */
    record Beginning(String dateString, String loadIn, int saveSteps, double heldOutLoss) {}

    /** The folder that a person named, or one in Caravan's home that is called after the model and the data. */
    static OutputFolder of(CommandContext context, String named, String model, Path data) {
        if (!named.isEmpty()) {
            return new OutputFolder(context.path(named));
        }
        return new OutputFolder(context.home().resolve("adapters").resolve(name(model + "-" + stem(data))));
    }

    private static String stem(Path data) {
        return String.valueOf(data.getFileName()).replaceFirst("(?<=.)\\.[^.]+$", "");
    }

    private static String name(String words) {
        String name = Normalizer.normalize(words, Normalizer.Form.NFC)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N}._-]+", "-")
                .replaceAll("^[.-]+", "");
        return name.length() <= MOST_NAME ? name : name.substring(0, MOST_NAME);
    }

    /** Where the trainer keeps its checkpoints. */
    Path checkpoints() {
        return path.resolve(CHECKPOINTS);
    }

    /** @throws CommandException if a run cannot begin, or not be resumed, here */
    void require(boolean isResumed) {
        boolean isBegun = Files.exists(path.resolve(RUN));
        if (Files.exists(path.resolve(ADAPTER)) && !isBegun) {
            throw new CommandException(
                    "%s holds a finished adapter; choose another folder with --output, or remove it.".formatted(path));
        }
        if (isResumed && !isBegun) {
            throw new CommandException(
                    "%s holds no training that was begun; leave --resume out to begin one.".formatted(path));
        }
        if (!isResumed && isBegun) {
            throw new CommandException(
                    ("%s holds a training that was begun and not finished; add --resume to the same command to go on with"
                                    + " it, choose another folder with --output, or remove it.")
                            .formatted(path));
        }
        if (!isBegun && !isEmpty()) {
            throw new CommandException(
                    "%s is there already and not empty; choose another folder with --output.".formatted(path));
        }
    }

    private boolean isEmpty() {
        if (!Files.exists(path)) {
            return true;
        }
        if (!Files.isDirectory(path)) {
            return false;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            return !entries.iterator().hasNext();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + path, failure);
        }
    }

    /**
     * What a training writes at most.
     *
     * @param parameters of the adapter; each checkpoint also holds two moments of each
     */
    static long bytes(long parameters) {
        return Float.BYTES * parameters * (1 + 3L * MOST_CHECKPOINTS) + PAGES_BYTES;
    }

    /**
     * Refuses what the disk has no room for.
     *
     * @param bytes that will be written
     */
    void requireRoom(long bytes) {
        long free = freeBytes();
        if (bytes > free) {
            throw new CommandException(
                    "%s needs %s for the adapter and its checkpoints, the disk has %s free; make room, or choose a folder on another disk with --output."
                            .formatted(path, ProgressDisplay.bytes(bytes), ProgressDisplay.bytes(free)));
        }
    }

    long freeBytes() {
        Path there = path.toAbsolutePath();
        while (there.getParent() != null && !Files.exists(there)) {
            there = there.getParent();
        }
        try {
            return Files.getFileStore(there).getUsableSpace();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot ask for the room at " + there, failure);
        }
    }

    /** Makes the folder, and notes that a run has begun here. */
    void begin(Beginning beginning) {
        try {
            Files.createDirectories(path);
        } catch (IOException failure) {
            throw new CommandException("%s cannot be made: %s.".formatted(path, failure.getMessage()));
        }
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("date_string", beginning.dateString());
        values.put("load_in", beginning.loadIn());
        values.put("save_steps", beginning.saveSteps());
        if (!Double.isNaN(beginning.heldOutLoss())) {
            values.put("held_out_loss", beginning.heldOutLoss());
        }
        AtomicFile.write(
                path.resolve(RUN),
                JSON.writerWithDefaultPrettyPrinter().writeValueAsString(values).getBytes(StandardCharsets.UTF_8));
    }

    /** @throws CommandException if it is damaged */
    Beginning beginning() {
        Path file = path.resolve(RUN);
        try {
            JsonNode node = JSON.readTree(Files.readString(file));
            JsonNode loss = node.path("held_out_loss");
            return new Beginning(
                    node.required("date_string").asString(),
                    node.required("load_in").asString(),
                    node.required("save_steps").asInt(),
                    loss.isNumber() ? loss.asDouble() : Double.NaN);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        } catch (JacksonException | IllegalArgumentException damaged) {
            throw new CommandException("%s is damaged; begin anew with another --output.".formatted(file));
        }
    }

    /**
     * Writes the adapter as PEFT has it; its configuration comes last, so that no half one can be taken for whole.
     *
     * @throws UncheckedIOException if the disk is full
     */
    void write(LoraAdapter adapter, Decoder base) {
        Path temporary = path.resolve(".adapter");
        PeftFolder.write(temporary, adapter, base);
        try (Stream<Path> files = Files.list(temporary)) {
            List<Path> configLast = files.sorted(Comparator.comparing(file -> file.endsWith(CONFIG)))
                    .toList();
            for (Path file : configLast) {
                Files.move(file, path.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            }
            Files.delete(temporary);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot write the adapter in " + path, failure);
        }
    }

    /** All is written: what only a resumed run would need goes away. */
    void finish() {
        try (Stream<Path> files = Files.exists(checkpoints()) ? Files.walk(checkpoints()) : Stream.empty()) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
            Files.deleteIfExists(path.resolve(RUN));
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot tidy up " + path, failure);
        }
    }
}
