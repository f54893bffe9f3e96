package dev.caravan.server.models;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.TextEncoder;
import dev.caravan.engine.TextEncoders;
import dev.caravan.langchain4j.CaravanChatOptions;
import dev.caravan.langchain4j.CaravanStreamingChatModel;
import dev.caravan.server.config.CaravanHome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Consumer;
import org.springframework.stereotype.Component;

/** Finds a model's file and loads it with the engine. */
@Component
class ModelLoader {

    private final Path modelsDirectory;

    ModelLoader(CaravanHome home) {
        this.modelsDirectory = home.subdirectory("models");
    }

    /**
     * A chat model.
     *
     * @param requested an id or a path
     * @param chosen hears the id before the loading begins
     */
    LoadedChatModel chatModel(String requested, Consumer<String> chosen) {
        Path file = file(requested, ".gguf");
        String id = id(requested, file);
        chosen.accept(id);
        LanguageModel model = LanguageModels.load(file, LoadOptions.defaults());
        return new LoadedChatModel(
                id, model, new CaravanStreamingChatModel(model, CaravanChatOptions.defaults()), created(file));
    }

    /** An embedding model; parameters as above. */
    LoadedEncoder encoder(String requested, Consumer<String> chosen) {
        Path file = file(requested, ".bin");
        String id = id(requested, file);
        chosen.accept(id);
        TextEncoder encoder = TextEncoders.load(file);
        return new LoadedEncoder(id, encoder, created(file));
    }

    private Path file(String requested, String suffix) {
        Path given = Path.of(requested);
        if (Files.isRegularFile(given)) {
            return given;
        }
        Path directory = modelsDirectory.resolve(requested);
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + suffix)) {
                for (Path file : files) {
                    return file;
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        throw new IllegalStateException(
                "The model '%s' is not there; ./caravan models pull %s fetches it.".formatted(requested, requested));
    }

    private static String id(String requested, Path file) {
        if (!requested.contains("/")) {
            return requested;
        }
        String name = file.getFileName().toString();
        return name.substring(0, name.lastIndexOf('.'));
    }

    private static Instant created(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
