/**
 * What all settings records share: the checks of their fields' ranges, and a choice of layers.
 *
 * <p><b>Where to start.</b> {@link org.bilora.settings.Range}: a check per kind of range, called
 * from a record's compact constructor, whose message gives field, value and range.
 *
 * <p>Uses no other room.
 */
package org.bilora.settings;
