package dev.caravan.server.models;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.TextEncoder;
import dev.caravan.engine.TextEncoders;
import dev.caravan.langchain4j.CaravanChatOptions;
import dev.caravan.langchain4j.CaravanStreamingChatModel;
import dev.caravan.server.config.CaravanHome;
import dev.caravan.server.models.catalogue.Catalogue;
import dev.caravan.server.models.catalogue.CatalogueModel.Purpose;
import dev.caravan.server.models.catalogue.MemoryBudget;
import dev.caravan.server.models.catalogue.ModelChoice;
import dev.caravan.server.models.catalogue.ModelChooser;
import dev.caravan.server.models.catalogue.ModelException;
import dev.caravan.server.models.catalogue.ModelStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Chooses among the models on this machine and loads the choice with the engine. Downloads nothing. */
@Component
class ModelLoader {

    private static final Logger log = LoggerFactory.getLogger(ModelLoader.class);

    private final CaravanHome home;
    private final QuantizationProperties quantization;

    ModelLoader(CaravanHome home, QuantizationProperties quantization) {
        this.home = home;
        this.quantization = quantization;
    }

    /**
     * A chat model.
     *
     * @param requested an id, a path, or empty for the best that fits
     * @param chosen hears the id before the loading begins
     */
    LoadedChatModel chatModel(String requested, Consumer<String> chosen) {
        ModelChoice choice = choose(Purpose.CHAT, requested);
        chosen.accept(choice.id());
        LanguageModel model = LanguageModels.load(
                choice.file(), LoadOptions.defaults().withQuantization(quantization.over(choice.quantization())));
        return new LoadedChatModel(
                choice.id(),
                model,
                new CaravanStreamingChatModel(model, CaravanChatOptions.defaults()),
                created(choice.file()));
    }

    /** An embedding model; parameters as above. */
    LoadedEncoder encoder(String requested, Consumer<String> chosen) {
        ModelChoice choice = choose(Purpose.EMBEDDING, requested);
        chosen.accept(choice.id());
        TextEncoder encoder = TextEncoders.load(choice.file());
        return new LoadedEncoder(choice.id(), encoder, created(choice.file()));
    }

    private ModelChoice choose(Purpose purpose, String requested) {
        Path directory = home.directory();
        ModelChooser chooser =
                new ModelChooser(Catalogue.load(directory), new ModelStore(directory), MemoryBudget.availableBytes());
        ModelChoice choice = chooser.chooseInstalled(purpose, requested)
                .orElseThrow(
                        () -> new ModelException(
                                "No model is installed that fits this machine's memory; ./caravan models list shows what can be pulled."));
        log.info("model=chosen id={} reason=\"{}\"", choice.id(), choice.reason());
        return choice;
    }

    private static Instant created(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
