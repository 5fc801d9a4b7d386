/* hold FILE: has a file or folder open, as programs have what they show, until its input ends. */
#include <stdio.h>
#include <windows.h>

int main(int count, char **words) {
    HANDLE file = CreateFileA(words[count - 1], GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return 1;
    }
    puts("open");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}
