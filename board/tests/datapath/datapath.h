/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DATAPATH_H
#define DATAPATH_H

/*
 * What the arithmetic of the NPU model has to give.  Right values come from the
 * rules in docs/board-npu.rst and from figures that others measured on silicon,
 * never from the model.
 */
void test_formats(void);
void test_array(void);
void test_stages(void);
void test_table(void);
void test_pool(void);
void test_compressed(void);
void test_weights(void);

#define RUN(name, function)	\
	do {			\
		tap_begin(name);	\
		function();	\
		tap_end();	\
	} while (0)

#endif
