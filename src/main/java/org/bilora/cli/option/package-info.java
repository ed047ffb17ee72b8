/** Options that commands share, and what they stand for. */
package org.bilora.cli.option;
