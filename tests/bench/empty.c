/* The least that can be executed: what a process costs on this machine. */
int main(void)
{
    return 0;
}
