#include "providers/library.h"

#include "interpreter/base/text.h"

#include <dlfcn.h>
#include <string.h>

bool dr_library_load(const char *file, const char *const *names, size_t count, void *functions, char **ret_problem)
{
    /* NOW: a symbol that is missing is a message here, not an abort in the middle of a failover. */
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        *ret_problem = dr_format("%s cannot be loaded: %s", file, dlerror());
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        void *symbol = dlsym(library, names[i]);
        if (!symbol) {
            *ret_problem = dr_format("%s has no function %s: it is too old", file, names[i]);
            dlclose(library);
            return false;
        }
        /* ISO C has no cast from an object pointer to a function pointer; POSIX says that the bytes are the same. */
        memcpy((char *)functions + i * sizeof symbol, &symbol, sizeof symbol);
    }
    return true;
}
