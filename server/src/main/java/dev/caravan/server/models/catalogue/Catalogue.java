package dev.caravan.server.models.catalogue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The models that can be had by name: those that Caravan brings, and those of the user's own {@code catalogue.json} in
 * the home, which may also replace one of Caravan's. Immutable.
 */
public final class Catalogue {

    /** The user's file in Caravan's home. */
    public static final String USER_FILE = "catalogue.json";

    private static final String RESOURCE = "catalogue.json";

    private final Map<String, CatalogueModel> models;

    private Catalogue(Map<String, CatalogueModel> models) {
        this.models = models;
    }

    /**
     * Reads Caravan's catalogue and, over it, the user's.
     *
     * @throws ModelException when the user's file is not a catalogue
     */
    public static Catalogue load(Path home) {
        Map<String, CatalogueModel> models = new LinkedHashMap<>();
        try (InputStream in = Catalogue.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is missing in the program");
            }
            add(models, CatalogueReader.read(in.readAllBytes(), "the built-in catalogue"));
            Path own = home.resolve(USER_FILE);
            if (Files.exists(own)) {
                add(models, CatalogueReader.read(Bytes.readBounded(own), own.toString()));
            }
        } catch (IOException e) {
            throw new ModelException("The catalogue of models in " + home + " cannot be read: " + e.getMessage(), e);
        }
        return new Catalogue(models);
    }

    /** A catalogue of these models only. */
    static Catalogue of(List<CatalogueModel> models) {
        Map<String, CatalogueModel> byId = new LinkedHashMap<>();
        add(byId, models);
        return new Catalogue(byId);
    }

    private static void add(Map<String, CatalogueModel> models, List<CatalogueModel> more) {
        more.forEach(model -> models.put(model.id(), model));
    }

    /** All models, in the order of the files. */
    public Collection<CatalogueModel> models() {
        return List.copyOf(models.values());
    }

    public Optional<CatalogueModel> find(String id) {
        return Optional.ofNullable(models.get(id));
    }

    /**
     * The model of an id.
     *
     * @throws ModelException naming the ids that there are
     */
    public CatalogueModel get(String id) {
        return find(id).orElseThrow(() -> new ModelException("There is no model '" + id + "'; choose one of "
                + String.join(", ", models.keySet()) + ", or add it to " + USER_FILE + " in Caravan's home."));
    }
}
