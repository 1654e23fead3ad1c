#include "config.h"

#include "tracker/keys.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/random.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/hex.h"
#include "util/mem.h"

enum { KEY_FILE_MAX = 16 * 1024, KEY_MODE = 0600 };

/* Read a file that only its owner may read. P2P_ENOENT when it is not there. */
static int read_private(const char *dir, const char *name, char **out,
                        struct err *e)
{
    char *path = mem_printf("%s/%s", dir, name);
    struct stat st;
    uint8_t *data = NULL;
    int rv;

    if (stat(path, &st) != 0) {
        rv = errno == ENOENT ? P2P_ENOENT
                             : err_set_errno(e, errno, "cannot read %s", path);
    } else if ((st.st_mode & 077) != 0) {
        rv = err_set(e, P2P_EACCES,
                     "%s may be read by others (mode %o); chmod 600 it", path,
                     (unsigned)st.st_mode & 0777);
    } else {
        rv = fd_read_file(path, KEY_FILE_MAX, &data, NULL);
        if (rv < 0) {
            err_set(e, rv, "cannot read %s: %s", path, err_text(rv));
        }
    }
    if (rv == 0) {
        *out = (char *)data;
    }
    free(path);
    return rv;
}

static int write_private(const char *dir, const char *name, const char *text,
                         struct err *e)
{
    char *path = mem_printf("%s/%s", dir, name);
    int rv = fd_replace_file(path, text, strlen(text), KEY_MODE);

    if (rv < 0) {
        err_set(e, rv, "cannot write %s: %s", path, err_text(rv));
    }
    free(path);
    return rv;
}

static int open_key(const char *dir, struct keys *k, struct err *e)
{
    char *pem = NULL;
    int rv = read_private(dir, "tracker.key", &pem, e);

    if (rv == P2P_ENOENT) {
        k->key = key_new();
        pem = key_to_pem(k->key);
        rv = write_private(dir, "tracker.key", pem, e);
    } else if (rv == 0) {
        rv = key_from_pem(pem, &k->key, e);
    }
    mem_free_secret(pem);
    return rv;
}

static int open_cert(const char *dir, struct keys *k, struct err *e)
{
    char *pem = NULL;
    int rv = read_private(dir, "tracker.crt", &pem, e);

    if (rv == P2P_ENOENT) {
        rv = cert_make_tracker(k->key, "p2p-tracker", clock_wall(), &k->cert);
        if (rv < 0) {
            return err_set(e, rv, "cannot make the tracker's certificate");
        }
        pem = cert_to_pem(k->cert);
        rv = write_private(dir, "tracker.crt", pem, e);
    } else if (rv == 0) {
        rv = cert_from_pem(pem, &k->cert, e);
    }
    free(pem);
    return rv;
}

static int open_cluster_key(const char *dir, struct keys *k, struct err *e)
{
    char hex[2 * SEAL_KEY + 1];
    char *text = NULL;
    int rv = read_private(dir, "cluster.key", &text, e);

    if (rv == P2P_ENOENT) {
        random_fill(k->cluster_key, sizeof(k->cluster_key));
        hex_encode(k->cluster_key, sizeof(k->cluster_key), hex);
        rv = write_private(dir, "cluster.key", hex, e);
        mem_wipe(hex, sizeof(hex));
    } else if (rv == 0) {
        assert(text != NULL);
        text[strcspn(text, "\r\n")] = '\0';
        rv = hex_decode(text, k->cluster_key, sizeof(k->cluster_key));
        if (rv < 0) {
            err_set(e, rv, "%s/cluster.key is not %d hexadecimal digits", dir,
                    2 * SEAL_KEY);
        }
    }
    mem_free_secret(text);
    return rv;
}

int keys_open(const char *dir, struct keys *out, struct err *e)
{
    uint8_t pin[CERT_PIN_SIZE];
    int rv = fd_make_dirs(dir);

    memset(out, 0, sizeof(*out));
    if (rv < 0) {
        return err_set(e, rv, "cannot make %s: %s", dir, err_text(rv));
    }
    rv = open_key(dir, out, e);
    if (rv == 0) {
        rv = open_cert(dir, out, e);
    }
    if (rv == 0) {
        rv = open_cluster_key(dir, out, e);
    }
    if (rv < 0) {
        keys_close(out);
        return rv;
    }
    cert_pin(out->cert, pin);
    hex_encode(pin, sizeof(pin), out->pin);
    return 0;
}

void keys_close(struct keys *k)
{
    key_free(k->key);
    cert_free(k->cert);
    mem_wipe(k, sizeof(*k));
}
