/**
 * Which models there are, where they come from, which are on this machine and which of them to use. Plain Java, used by
 * the server and by the command line alike. Entries: {@link dev.caravan.server.models.catalogue.Catalogue}, {@link
 * dev.caravan.server.models.catalogue.ModelStore}, {@link dev.caravan.server.models.catalogue.ModelPuller} and {@link
 * dev.caravan.server.models.catalogue.ModelChooser}.
 */
@NullMarked
package dev.caravan.server.models.catalogue;

import org.jspecify.annotations.NullMarked;
