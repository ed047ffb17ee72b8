/**
 * What the command {@code doctor} says about the machine.
 *
 * <p>Start with {@link org.bilora.doctor.Doctor}: it lists the checks. A check is a method that
 * returns a {@link org.bilora.doctor.Finding}: what was found, whether that is good, and what to
 * do. To add one, write the method and name it in the list.
 */
package org.bilora.doctor;
