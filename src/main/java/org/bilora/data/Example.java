package org.bilora.data;

import java.util.Optional;

/**
 * One example of a task.
 *
 * @param text the (first) sentence
 * @param pair the second sentence where the task has one
 * @param target index of the class among the task's labels, or the score of a regression task; NaN
 *     when the file carries no label
 */
public record Example(String text, Optional<String> pair, double target) {}
