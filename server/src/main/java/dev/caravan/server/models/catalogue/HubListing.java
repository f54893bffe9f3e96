package dev.caravan.server.models.catalogue;

import dev.caravan.server.models.catalogue.ModelSource.HubRepository;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The files of a hub repository at one commit, so that the parts of a model are of one build. Pickle files are not among
 * them: whoever opens one runs its code.
 *
 * @param files without pickle files
 */
record HubListing(HubRepository repository, List<HubFile> files) {

    private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt");

    HubListing {
        files = files.stream()
                .filter(file -> !isPickle(file.path()))
                .sorted(Comparator.comparing(HubFile::path))
                .toList();
    }

    private static boolean isPickle(String path) {
        String lower = path.toLowerCase(Locale.ROOT);
        return PICKLES.stream().anyMatch(lower::endsWith);
    }

    /**
     * All files whose paths match the pattern of a local name, at least one, in alphabetical order.
     *
     * @throws ModelException if there is none, one has no hash, or the pattern asks for a pickle file
     */
    List<HubFile> matching(String localName) {
        String pattern = repository.patterns().getOrDefault(localName, localName);
        if (isPickle(pattern)) {
            throw new ModelException(
                    "The entry of " + repository.repository() + " in " + Catalogue.USER_FILE + " asks for " + pattern
                            + ": such pickle files can run code, so they are never downloaded; name its safetensors.");
        }
        Pattern wanted = HubClient.wildcard(pattern);
        List<HubFile> matches = files.stream()
                .filter(file -> wanted.matcher(file.path()).matches())
                .toList();
        if (matches.isEmpty()) {
            throw new ModelException("The hub's repository " + repository.repository() + " has no file " + pattern
                    + " (pickle files do not count): correct its entry in " + Catalogue.USER_FILE
                    + ", or name a local file.");
        }
        for (HubFile file : matches) {
            if (!file.isCheckable()) {
                throw new ModelException("The hub gives no usable hash for " + file.path() + " of "
                        + repository.repository()
                        + ", so its bytes could not be checked: choose another repository or a local file.");
            }
        }
        return matches;
    }
}
