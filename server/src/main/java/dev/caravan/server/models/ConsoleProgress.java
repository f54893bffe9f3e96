package dev.caravan.server.models;

import dev.caravan.server.models.catalogue.PullProgress;
import java.io.PrintStream;
import java.util.Locale;

/** Shows a download or a computation on a terminal in one line that moves, elsewhere as a line for each tenth. */
final class ConsoleProgress implements PullProgress {

    private final PrintStream out;
    private final boolean interactive;
    private long shownTenth = -1;
    private long shownPercent = -1;

    ConsoleProgress(PrintStream out, boolean interactive) {
        this.out = out;
        this.interactive = interactive;
    }

    @Override
    public void note(String message) {
        out.println(message);
        shownTenth = -1;
    }

    /** More of a computation is done. */
    void computed(String file, long done, long total) {
        long percent = total > 0 ? done * 100 / total : 100;
        if (interactive && percent != shownPercent) {
            out.print("\r  " + file + "  [" + "#".repeat((int) percent / 4) + " ".repeat(25 - (int) percent / 4) + "] "
                    + percent + "%" + (percent == 100 ? "\n" : ""));
            out.flush();
        } else if (percent / 10 != shownPercent / 10) {
            out.println("  " + file + "  " + percent + "%");
        }
        shownPercent = percent;
    }

    @Override
    public void advanced(String file, long doneBytes, long totalBytes) {
        boolean ended = doneBytes == totalBytes;
        String share = totalBytes > 0
                ? String.format(
                        Locale.ROOT,
                        "%d of %d MB, %d%%",
                        doneBytes >> 20,
                        totalBytes >> 20,
                        doneBytes * 100 / totalBytes)
                : String.format(Locale.ROOT, "%d MB", doneBytes >> 20);
        long tenth = totalBytes > 0 ? doneBytes * 10 / totalBytes : doneBytes;
        if (interactive && totalBytes > 0) {
            out.print("\r  " + file + "  " + share + (ended ? "\n" : ""));
            out.flush();
        } else if (tenth != shownTenth) {
            out.println("  " + file + "  " + share);
            shownTenth = tenth;
        }
    }
}
