package dev.caravan.server.models;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.TextEncoder;
import dev.caravan.engine.TextEncoders;
import dev.caravan.engine.generate.AdapterChoice;
import dev.caravan.engine.generate.ServedAdapter;
import dev.caravan.langchain4j.CaravanChatOptions;
import dev.caravan.langchain4j.CaravanChatRequestParameters;
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
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Chooses among the models on this machine and loads the choice with the engine. Downloads nothing. */
@Component
class ModelLoader {

    private static final Logger log = LoggerFactory.getLogger(ModelLoader.class);

    private static final Pattern NOT_IN_A_SUFFIX = Pattern.compile("[^\\p{L}\\p{N}._-]+");

    /** Of an adapter's hash: enough to tell a handful apart. */
    private static final int ADAPTER_ID_CHARACTERS = 8;

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
     * @param adapter what it answers with; its base's id gives the bare base then
     * @param chosen hears the id as it becomes known, first that of the base
     */
    LoadedChatModel chatModel(String requested, Optional<Path> adapter, Consumer<String> chosen) {
        ModelChoice choice = choose(Purpose.CHAT, requested);
        chosen.accept(choice.id());
        LanguageModel model = LanguageModels.load(
                choice.file(), LoadOptions.defaults().withQuantization(quantization.over(choice.quantization())));
        LoadedChatModel base = new LoadedChatModel(
                choice.id(),
                model,
                new CaravanStreamingChatModel(model, CaravanChatOptions.defaults()),
                created(choice.file()),
                null);
        if (adapter.isEmpty()) {
            return base;
        }
        boolean isServed = false;
        try {
            LoadedChatModel adapted = withAdapter(base, adapter.get());
            chosen.accept(adapted.id());
            isServed = true;
            return adapted;
        } finally {
            if (!isServed) {
                model.close();
            }
        }
    }

    private static LoadedChatModel withAdapter(LoadedChatModel base, Path path) {
        ServedAdapter adapter = base.model().loadAdapter(path);
        CaravanChatRequestParameters parameters = CaravanChatRequestParameters.builder()
                .adapter(new AdapterChoice(adapter, 1))
                .build();
        return new LoadedChatModel(
                adapterId(base.id(), adapter),
                base.model(),
                new CaravanStreamingChatModel(base.model(), CaravanChatOptions.of(parameters)),
                created(path),
                base);
    }

    /** {@code ft:{base}:{suffix}:{id}}, as OpenAI names what was tuned. */
    static String adapterId(String base, ServedAdapter adapter) {
        String suffix = NOT_IN_A_SUFFIX.matcher(adapter.name()).replaceAll("-");
        return "ft:%s:%s:%s".formatted(base, suffix, adapter.hash().substring(0, ADAPTER_ID_CHARACTERS));
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
