// A file system whose power can be cut: what was written and not synced is lost.
//
// Every file has two images in memory: the volatile one, which everybody reads and writes, and the durable one, which
// fsync makes equal to it. A name is durable once its folder has been synced. Two levels of folders are enough: all files
// lie in the root.
//
//   powerfs MOUNTPOINT -f      runs until it is unmounted
//
// It listens to writes into /.control, which is no file of it:
//   cut SEED       the durable images become the volatile ones; with a SEED other than 0 each sector that was written and
//                  not synced survives or not, as on a disk that had begun to write
//   room BYTES     all files together may have so many bytes; more is ENOSPC. -1: no limit
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fuse.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 4096, SECTOR = 512 };

struct image {
  char *bytes;
  size_t size;
};

struct file {
  char name[256];  // empty: the entry is free
  int is_named;    // in the volatile folder
  int was_named;   // in the durable one
  char old_name[256];
  struct image now, disk;
};

static struct file files[FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long long room = -1;

static struct file *find(const char *path) {
  for (int i = 0; i < FILES; i++)
    if (files[i].is_named && strcmp(files[i].name, path + 1) == 0) return &files[i];
  return NULL;
}

static long long used(void) {
  long long sum = 0;
  for (int i = 0; i < FILES; i++)
    if (files[i].is_named) sum += (long long)files[i].now.size;
  return sum;
}

static int resize(struct image *image, size_t size) {
  if (size > image->size) {
    char *bytes = realloc(image->bytes, size);
    if (!bytes) return -ENOMEM;
    memset(bytes + image->size, 0, size - image->size);
    image->bytes = bytes;
  }
  image->size = size;
  return 0;
}

static int copy(struct image *to, const struct image *from) {
  if (resize(to, from->size) != 0) return -ENOMEM;
  if (from->size) memcpy(to->bytes, from->bytes, from->size);
  return 0;
}

static void drop(struct file *file) {
  free(file->now.bytes);
  free(file->disk.bytes);
  memset(file, 0, sizeof *file);
}

// Of what was not synced, whole sectors may have reached the disk.
static void spill(struct file *file, unsigned *seed) {
  size_t both = file->now.size < file->disk.size ? file->now.size : file->disk.size;
  for (size_t at = 0; at < both; at += SECTOR) {
    size_t length = both - at < SECTOR ? both - at : SECTOR;
    if (rand_r(seed) & 1) memcpy(file->disk.bytes + at, file->now.bytes + at, length);
  }
}

static void cut(unsigned seed) {
  for (int i = 0; i < FILES; i++) {
    struct file *file = &files[i];
    if (!file->name[0] && !file->old_name[0]) continue;
    if (!file->was_named) {
      drop(file);
      continue;
    }
    if (seed) spill(file, &seed);
    strcpy(file->name, file->old_name);
    file->is_named = 1;
    copy(&file->now, &file->disk);
  }
}

static void sync_names(void) {
  for (int i = 0; i < FILES; i++) {
    struct file *file = &files[i];
    if (file->is_named) {
      file->was_named = 1;
      strcpy(file->old_name, file->name);
    } else if (file->name[0] || file->old_name[0]) {
      drop(file);
    }
  }
}

static int do_getattr(const char *path, struct stat *status, struct fuse_file_info *info) {
  (void)info;
  memset(status, 0, sizeof *status);
  status->st_nlink = 1;
  status->st_uid = getuid();
  status->st_gid = getgid();
  if (strcmp(path, "/") == 0) {
    status->st_mode = S_IFDIR | 0700;
    return 0;
  }
  status->st_mode = S_IFREG | 0600;
  if (strcmp(path, "/.control") == 0) return 0;
  pthread_mutex_lock(&lock);
  struct file *file = find(path);
  if (file) status->st_size = (off_t)file->now.size;
  pthread_mutex_unlock(&lock);
  return file ? 0 : -ENOENT;
}

static int do_readdir(
    const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *info,
    enum fuse_readdir_flags flags) {
  (void)offset, (void)info, (void)flags;
  if (strcmp(path, "/") != 0) return -ENOENT;
  pthread_mutex_lock(&lock);
  fill(buffer, ".", NULL, 0, 0);
  fill(buffer, "..", NULL, 0, 0);
  for (int i = 0; i < FILES; i++)
    if (files[i].is_named) fill(buffer, files[i].name, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  return 0;
}

static int do_create(const char *path, mode_t mode, struct fuse_file_info *info) {
  (void)mode, (void)info;
  if (strlen(path) > 255 || strchr(path + 1, '/')) return -EINVAL;
  int result = -ENFILE;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < FILES; i++)
    if (!files[i].name[0] && !files[i].old_name[0]) {
      strcpy(files[i].name, path + 1);
      files[i].is_named = 1;
      result = 0;
      break;
    }
  pthread_mutex_unlock(&lock);
  return result;
}

static int do_open(const char *path, struct fuse_file_info *info) {
  (void)info;
  if (strcmp(path, "/.control") == 0) return 0;
  pthread_mutex_lock(&lock);
  int known = find(path) != NULL;
  pthread_mutex_unlock(&lock);
  return known ? 0 : -ENOENT;
}

static int do_read(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)info;
  pthread_mutex_lock(&lock);
  struct file *file = find(path);
  int result = file ? 0 : -EIO;
  if (file && (size_t)offset < file->now.size) {
    size_t left = file->now.size - (size_t)offset;
    result = (int)(size < left ? size : left);
    memcpy(buffer, file->now.bytes + offset, (size_t)result);
  }
  pthread_mutex_unlock(&lock);
  return result;
}

static int control(const char *text, size_t size) {
  char line[64] = {0};
  long long value;
  memcpy(line, text, size < sizeof line - 1 ? size : sizeof line - 1);
  pthread_mutex_lock(&lock);
  int result = (int)size;
  if (sscanf(line, "cut %lld", &value) == 1) cut((unsigned)value);
  else if (sscanf(line, "room %lld", &value) == 1) room = value;
  else result = -EINVAL;
  pthread_mutex_unlock(&lock);
  return result;
}

static int do_write(const char *path, const char *bytes, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)info;
  if (strcmp(path, "/.control") == 0) return control(bytes, size);
  pthread_mutex_lock(&lock);
  struct file *file = find(path);
  size_t end = (size_t)offset + size;
  int result = file ? (int)size : -EIO;
  if (file && end > file->now.size) {
    if (room >= 0 && used() + (long long)(end - file->now.size) > room) result = -ENOSPC;
    else if (resize(&file->now, end) != 0) result = -ENOMEM;
  }
  if (result > 0) memcpy(file->now.bytes + offset, bytes, size);
  pthread_mutex_unlock(&lock);
  return result;
}

static int do_truncate(const char *path, off_t size, struct fuse_file_info *info) {
  (void)info;
  if (strcmp(path, "/.control") == 0) return 0;
  pthread_mutex_lock(&lock);
  struct file *file = find(path);
  int result = file ? resize(&file->now, (size_t)size) : -ENOENT;
  pthread_mutex_unlock(&lock);
  return result;
}

static int do_unlink(const char *path) {
  pthread_mutex_lock(&lock);
  struct file *file = find(path);
  if (file && file->was_named) file->is_named = 0;
  else if (file) drop(file);
  pthread_mutex_unlock(&lock);
  return file ? 0 : -ENOENT;
}

static int do_fsync(const char *path, int data_only, struct fuse_file_info *info) {
  (void)data_only, (void)info;
  if (strcmp(path, "/.control") == 0) return 0;
  pthread_mutex_lock(&lock);
  struct file *file = find(path);
  int result = file ? copy(&file->disk, &file->now) : -EIO;
  pthread_mutex_unlock(&lock);
  return result;
}

static int do_fsyncdir(const char *path, int data_only, struct fuse_file_info *info) {
  (void)path, (void)data_only, (void)info;
  pthread_mutex_lock(&lock);
  sync_names();
  pthread_mutex_unlock(&lock);
  return 0;
}

static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *info) {
  (void)path, (void)mode, (void)info;
  return 0;
}

static int do_chown(const char *path, uid_t user, gid_t group, struct fuse_file_info *info) {
  (void)path, (void)user, (void)group, (void)info;
  return 0;
}

static int do_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *info) {
  (void)path, (void)times, (void)info;
  return 0;
}

static void *do_init(struct fuse_conn_info *connection, struct fuse_config *configuration) {
  (void)connection;
  // After a cut a file has another size and content than the kernel remembers.
  configuration->attr_timeout = 0;
  configuration->entry_timeout = 0;
  configuration->negative_timeout = 0;
  configuration->hard_remove = 1;
  return NULL;
}

static const struct fuse_operations operations = {
  .init = do_init, .getattr = do_getattr, .readdir = do_readdir, .create = do_create, .open = do_open,
  .read = do_read, .write = do_write, .truncate = do_truncate, .unlink = do_unlink, .fsync = do_fsync,
  .fsyncdir = do_fsyncdir, .chmod = do_chmod, .chown = do_chown, .utimens = do_utimens,
};

int main(int count, char **arguments) { return fuse_main(count, arguments, &operations, NULL); }
