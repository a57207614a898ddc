/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread for the arithmetic of one core, so that neither the guest's CPUs nor
 * the other cores wait for it.
 *
 * It works on what it is given and on nothing else: no register, no memory of the
 * guest, no lock but its own.  At most one piece of work is under way; the main
 * loop gets to know its end by a bottom half, or waits for it.
 */
#include "qemu/osdep.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "rocket_npu_worker.h"

struct RocketWorker {
    QemuThread thread;
    QEMUBH *done_bh;
    QemuMutex lock;
    QemuCond changed;           /* of what follows, under the lock */
    void (*work)(void *arg);    /* NULL: idle */
    void *arg;
};

static void *worker_main(void *opaque)
{
    RocketWorker *w = opaque;

    qemu_mutex_lock(&w->lock);
    for (;;) {
        while (!w->work) {
            qemu_cond_wait(&w->changed, &w->lock);
        }
        qemu_mutex_unlock(&w->lock);
        /* Whoever gave it changes neither before it is done. */
        w->work(w->arg);
        qemu_mutex_lock(&w->lock);
        w->work = NULL;
        qemu_bh_schedule(w->done_bh);
        qemu_cond_broadcast(&w->changed);
    }
    return NULL;
}

RocketWorker *rocket_worker_new(const char *name, QEMUBHFunc *done,
                                void *opaque)
{
    RocketWorker *w = g_new0(RocketWorker, 1);

    w->done_bh = qemu_bh_new(done, opaque);
    qemu_mutex_init(&w->lock);
    qemu_cond_init(&w->changed);
    qemu_thread_create(&w->thread, name, worker_main, w, QEMU_THREAD_DETACHED);
    return w;
}

void rocket_worker_give(RocketWorker *w, void (*work)(void *), void *arg)
{
    QEMU_LOCK_GUARD(&w->lock);
    assert(!w->work);
    w->arg = arg;
    w->work = work;
    qemu_cond_broadcast(&w->changed);
}

void rocket_worker_join(RocketWorker *w)
{
    qemu_mutex_lock(&w->lock);
    while (w->work) {
        qemu_cond_wait(&w->changed, &w->lock);
    }
    qemu_mutex_unlock(&w->lock);
    qemu_bh_cancel(w->done_bh);
}
